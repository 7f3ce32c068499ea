// What a use counted, in words: the labels of its table, or the names of counts that have no table.

import { useLanguage, useWords } from "../../text/words";
import { texts } from "./texts";

interface Labelled {
  readonly label: string;
}

interface Use {
  readonly datasetTitle: string;
  readonly variables: readonly string[];
  readonly community: { readonly name: string } | null;
  readonly counted: readonly Labelled[];
  /** Null of counts, and of a dataset that the reader does not see. */
  readonly dataset: { readonly title: string } | null;
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
  const { counts, network, datasetOf } = useWords(texts);
  const isEnglish = useLanguage() === "en";
  const known = counts as Readonly<Record<string, string>>;
  return ({ dataset, counted, variables, datasetTitle, community }) => {
    if (dataset) return { data: dataset.title, counted: counted.map((each) => each.label), isCount: false };
    const isCount = variables.length > 0 && variables.every((each) => each in known);
    if (isCount) return { data: community?.name ?? network, counted: variables.map((each) => known[each] ?? each), isCount };
    // The ledger has the title in English alone.
    return { data: isEnglish || !community ? datasetTitle : datasetOf(community.name), counted: variables, isCount };
  };
}
