// A question about a dataset, as it is in the address: the one that is being put together, and those of the plan, each of which
// is a `plan=` with the whole question.

import type { PlannedQuestionInput, Precision, VariableFactsFragment } from "../../../../generated/buyer";
import { groupingIn, inputOf, writeGrouping, type Grouping } from "./groupings";

export const PRECISIONS: readonly Precision[] = ["WITHIN_5", "WITHIN_10", "WITHIN_20", "WITHIN_50"];
export const MOST_GROUPS = 2;
export const MOST_QUESTIONS = 20; // of a plan

export interface Question {
  /** Null while nothing is to be counted. */
  variable: VariableFactsFragment | null;
  by: readonly VariableFactsFragment[];
  precision: Precision;
  /** How the categories of these variables are merged. */
  groupings: readonly Grouping[];
}

export type Planned = Question & { variable: VariableFactsFragment };

export function questionIn(params: URLSearchParams, variables: readonly VariableFactsFragment[]): Question {
  const named = (name: string | null) => variables.find((each) => each.name === name) ?? null;
  const variable = named(params.get("variable"));
  const by = [...new Set(params.getAll("by"))].map(named).filter((each) => each !== null && each !== variable).slice(0, MOST_GROUPS) as VariableFactsFragment[];
  const chosen = params.get("precision");
  return {
    variable,
    by,
    precision: PRECISIONS.find((each) => each === chosen) ?? "WITHIN_20",
    groupings: asked(variable, by).map((each) => groupingIn(params, each)),
  };
}

/** The parameters of a question. */
export function written({ variable, by, precision, groupings }: Question): URLSearchParams {
  const params = new URLSearchParams();
  const others = by.filter((each) => each.name !== variable?.name);
  if (variable) params.set("variable", variable.name);
  for (const each of others) params.append("by", each.name);
  params.set("precision", precision);
  const used = new Set(asked(variable, others).map((each) => each.name));
  for (const each of groupings) if (used.has(each.variable)) writeGrouping(params, each);
  return params;
}

/** The variables of a question, in its order. */
export function asked(variable: VariableFactsFragment | null, by: readonly VariableFactsFragment[]): readonly VariableFactsFragment[] {
  return variable ? [variable, ...by] : [];
}

export function planIn(params: URLSearchParams, variables: readonly VariableFactsFragment[]): readonly Planned[] {
  const questions = params.getAll("plan").map((each) => questionIn(new URLSearchParams(each), variables));
  return questions.filter((each): each is Planned => each.variable !== null).slice(0, MOST_QUESTIONS);
}

/** What the server is sent. */
export function plannedInput({ variable, by, precision, groupings }: Planned): PlannedQuestionInput {
  const merged = asked(variable, by).map((each, place) => inputOf(each, groupings[place]!));
  return { variable: variable.name, by: by.map((each) => each.name), precision, groupings: merged.filter((each) => each !== null) };
}
