// What a use counted, in words: the labels of its table, or the names of counts that have no table.

import { useWords } from "../../text/words";
import { texts } from "./texts";

interface Labelled {
  readonly label: string;
}

interface Use {
  readonly datasetTitle: string;
  readonly variables: readonly string[];
  readonly community: { readonly name: string } | null;
  /** Of a use of a dataset, with its `dataset`. */
  readonly counted?: readonly Labelled[];
  readonly dataset?: { readonly title: string } | null;
  /** Of a use whose table the reader may read. */
  readonly insight?: { readonly dataset: { readonly title: string }; readonly variable: Labelled; readonly by: readonly Labelled[] } | null;
}

interface Named {
  /** The data that were used. */
  data: string;
  /** What was counted in it. */
  counted: readonly string[];
  /** Whether these are counts of the network or a community, and no table of a dataset. */
  isCount: boolean;
}

export function useNames(): (use: Use) => Named {
  const { counts, network } = useWords(texts);
  const known = counts as Readonly<Record<string, string>>;
  return ({ insight, dataset, counted, variables, datasetTitle, community }) => {
    if (insight) return { data: insight.dataset.title, counted: [insight.variable, ...insight.by].map((each) => each.label), isCount: false };
    if (dataset && counted) return { data: dataset.title, counted: counted.map((each) => each.label), isCount: false };
    const isCount = variables.length > 0 && variables.every((each) => each in known);
    return isCount
      ? { data: community?.name ?? network, counted: variables.map((each) => known[each] ?? each), isCount }
      : { data: datasetTitle, counted: variables, isCount };
  };
}
