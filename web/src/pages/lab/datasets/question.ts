// A question about a dataset, as it is in the address: the one that is being put together, and those of the plan, each of which
// is a `plan=` with the whole question.

import type { InsightKind, PlannedQuestionInput, Precision, VariableFactsFragment } from "../../../../generated/buyer";
import { groupingIn, inputOf, writeGrouping, type Grouping } from "./groupings.ts";

export const PRECISIONS: readonly Precision[] = ["WITHIN_5", "WITHIN_10", "WITHIN_20", "WITHIN_50"];
export const KINDS: readonly InsightKind[] = ["COUNTS", "MEANS", "SUMS"];
export const MOST_GROUPS = 2;
export const MOST_QUESTIONS = 20; // of a plan

export interface Question {
  /** Null while nothing is to be counted. */
  variable: VariableFactsFragment | null;
  by: readonly VariableFactsFragment[];
  precision: Precision;
  /** What is published of the variable. */
  kind: InsightKind;
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
    kind: (hasMean(variable) && KINDS.find((each) => each === params.get("kind"))) || "COUNTS",
    groupings: asked(variable, by).map((each) => groupingIn(params, each)),
  };
}

/** The parameters of a question. */
export function written({ variable, by, precision, kind, groupings }: Question): URLSearchParams {
  const params = new URLSearchParams();
  const others = by.filter((each) => each.name !== variable?.name);
  if (variable) params.set("variable", variable.name);
  for (const each of others) params.append("by", each.name);
  params.set("precision", precision);
  if (isOfMeans({ variable, kind })) params.set("kind", kind);
  const used = new Set(mergeableOf({ variable, by: others, kind }).map((each) => each.name));
  for (const each of groupings) if (used.has(each.variable)) writeGrouping(params, each);
  return params;
}

/** Whether means of a variable can be published. */
export function hasMean(variable: VariableFactsFragment | null): boolean {
  return variable?.scale === "INTERVAL";
}

function isOfMeans({ variable, kind }: Pick<Question, "variable" | "kind">): boolean {
  return kind !== "COUNTS" && hasMean(variable);
}

/** The variables whose categories can be merged: means are of a variable's own values. */
export function mergeableOf({ variable, by, kind }: Pick<Question, "variable" | "by" | "kind">): readonly VariableFactsFragment[] {
  return asked(variable, by).filter((each) => each !== variable || !isOfMeans({ variable, kind }));
}

/** The counts from which SUMS take the numbers of members of their groups; null if nothing is grouped. */
export function countsOf({ by: [variable, ...by], precision, groupings }: Planned): Planned | null {
  return variable ? { variable, by, precision, kind: "COUNTS", groupings: groupings.slice(1) } : null;
}

/** Whether SUMS are refused because their groups are not counted. */
export function lacksCounts({ kind }: Pick<Question, "kind">, { obstacles }: { readonly obstacles: readonly { readonly code: string }[] }): boolean {
  return kind === "SUMS" && obstacles.some((each) => each.code === "INVALID");
}

/** A plan with these questions too, each of them once. */
export function withQuestions(plan: readonly Planned[], ...more: readonly Planned[]): readonly Planned[] {
  return [...new Map([...plan, ...more].map((each) => [String(written(each)), each])).values()];
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
export function plannedInput({ variable, by, precision, kind, groupings }: Planned): PlannedQuestionInput {
  const merged = mergeableOf({ variable, by, kind }).map((each) => inputOf(each, groupings.find((one) => one.variable === each.name)!));
  return { variable: variable.name, by: by.map((each) => each.name), precision, kind, groupings: merged.filter((each) => each !== null) };
}
