// The four kinds of entry in the catalogue: their fields, and the operations that list and change them.

import type { PageOf } from "../../../base";
import type { Operation } from "../../../graph/operation";
import * as graph from "./manager/catalogue";
import type { texts } from "./texts";

export type Kind = "communities" | "conditions" | "indicators" | "treatments";

export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly retiredOn?: string | null;
  readonly status?: string;
}

export interface Saved {
  readonly saved: { readonly entry?: { readonly id: string } | null; readonly userErrors: readonly { readonly message: string; readonly path: readonly string[] }[] } | null;
}

type Change = Operation<Saved, { input: never }>;
/** What all changes of entries have in common: an input whose fields depend on the kind, and a payload. */
type AnyChange = Operation<Saved, { input: Record<string, unknown> }>;

export interface Field {
  name: Exclude<keyof typeof texts.en.fields, "condition">;
  type?: "number" | "list" | "long" | "choice";
  /** It has a translation: `translations.0.NAME`. */
  translated?: boolean;
  required?: boolean;
  /** Given when the entry is created, and fixed afterwards. */
  once?: boolean;
  options?: readonly string[];
}

interface KindOf {
  /** The field of inputs that names the entry, and its type. */
  entry: string;
  fields: readonly Field[];
  list: Operation<{ list: PageOf<Listed> | readonly Listed[] }, { search?: string | null; after?: string | null }>;
  create: AnyChange;
  update: AnyChange;
  /** Takes `retired`, or for communities there is one to open and one to close. */
  retire: { retire: AnyChange; reinstate: AnyChange };
  merge: AnyChange | null;
}

function change(operation: Change): AnyChange {
  return operation as unknown as AnyChange;
}

const TREATMENTS = ["MEDICATION", "PROCEDURE", "DEVICE", "THERAPY", "SUPPLEMENT", "LIFESTYLE"];
const INDICATORS = ["SYMPTOM", "MOOD", "QUALITY_OF_LIFE", "MEASUREMENT", "SCORE"];
const SCALES = ["RATING_0_10", "GRADE_NONE_TO_SEVERE", "QUANTITY"];
const NAME: Field = { name: "name", translated: true, required: true };

export const CATALOGUE: Record<Kind, KindOf> = {
  communities: {
    entry: "community",
    fields: [NAME, { name: "description", type: "long", translated: true, required: true }, { name: "searchWords" }, { name: "neededCount", type: "number" }],
    list: graph.CatalogueCommunities,
    create: change(graph.CommunityCreate),
    update: change(graph.CommunityUpdate),
    retire: { retire: change(graph.CommunityClose), reinstate: change(graph.CommunityOpen) },
    merge: change(graph.CommunityMerge),
  },
  conditions: {
    entry: "condition",
    fields: [NAME, { name: "icd10" }, { name: "orpha" }, { name: "hpo" }],
    list: graph.CatalogueConditions,
    create: change(graph.ConditionCreate),
    update: change(graph.ConditionUpdate),
    retire: { retire: change(graph.ConditionRetire), reinstate: change(graph.ConditionRetire) },
    merge: null,
  },
  indicators: {
    entry: "indicator",
    fields: [
      NAME,
      { name: "kind", type: "choice", options: INDICATORS, once: true },
      { name: "scale", type: "choice", options: SCALES, once: true },
      { name: "minimum", type: "number", required: true },
      { name: "maximum", type: "number", required: true },
      { name: "unit", translated: true },
      { name: "layNames", type: "list", translated: true },
      { name: "searchWords" },
      { name: "ucum" },
      { name: "hpo" },
      { name: "loinc" },
    ],
    list: graph.CatalogueIndicators,
    create: change(graph.IndicatorCreate),
    update: change(graph.IndicatorUpdate),
    retire: { retire: change(graph.IndicatorRetire), reinstate: change(graph.IndicatorRetire) },
    merge: change(graph.IndicatorMerge),
  },
  treatments: {
    entry: "treatment",
    fields: [NAME, { name: "kind", type: "choice", options: TREATMENTS }, { name: "searchWords" }, { name: "inn" }, { name: "atc" }, { name: "nationalCode" }],
    list: graph.CatalogueTreatments,
    create: change(graph.TreatmentCreate),
    update: change(graph.TreatmentUpdate),
    retire: { retire: change(graph.TreatmentRetire), reinstate: change(graph.TreatmentRetire) },
    merge: change(graph.TreatmentMerge),
  },
};

export const KINDS = Object.keys(CATALOGUE) as Kind[];

export function kindOf(parameter: string | undefined): Kind {
  return KINDS.find((each) => each === parameter) ?? "communities";
}

/** Entries of a list, which is in pages for most kinds. */
export function nodesOf(list: PageOf<Listed> | readonly Listed[]): readonly Listed[] {
  return pageOf(list).nodes;
}

/** The same as a page: the only one, if the list is not in pages. */
export function pageOf(list: PageOf<Listed> | readonly Listed[]): PageOf<Listed> {
  return "nodes" in list ? list : { nodes: list, pageInfo: { hasNextPage: false, endCursor: null } };
}
