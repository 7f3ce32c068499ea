// A list of insights, each with a link to it.

import { Link } from "wouter";
import type { InsightKind, InsightLineFragment } from "../../../generated/buyer";
import { Table, useFormats, useWords } from "../../base";
import { texts as datasets } from "./datasets/texts";
import { texts } from "./texts";

export function InsightTable({ caption, insights }: { caption: string; insights: readonly InsightLineFragment[] }) {
  const t = useWords(datasets);
  const { margin, precisions, insightKinds, own } = useWords(texts);
  const { number, time } = useFormats();
  return (
    <Table caption={caption} rows={insights} columns={[
      { title: t.variable, cell: (each) => <InsightLink insight={each} /> },
      { title: t.insightKind, cell: (each) => insightKinds[each.kind] },
      { title: t.margin, cell: (each) => (each.kind === "COUNTS" ? margin(number(each.marginOfError)) : precisions[each.precision]), numeric: true },
      { title: t.for, cell: (each) => each.requestedBy?.name ?? own },
      { title: t.when, cell: (each) => time(each.publishedAt) },
    ]} />
  );
}

export function InsightLink({ insight }: { insight: InsightLineFragment }) {
  const title = useTitle(insight);
  return <Link href={`/lab/insights/${insight.id}`}>{title}</Link>;
}

/** Where the sizes of the groups of SUMS are: in an insight, or in the dataset's size. */
export function Sizes({ countedBy }: { countedBy: InsightLineFragment | null }) {
  const { datasetSize } = useWords(texts);
  return countedBy ? <InsightLink insight={countedBy} /> : datasetSize;
}

interface Titled {
  readonly kind: InsightKind;
  readonly variable: { readonly label: string };
  readonly by: readonly { readonly label: string }[];
}

/** What an insight counts, in words. */
export function useTitle(insight: Titled): string {
  return useTitles()(insight);
}

export function useTitles(): (insight: Titled) => string {
  const { titled, meanOf } = useWords(texts);
  return ({ kind, variable: { label }, by }) => titled(kind === "COUNTS" ? label : meanOf(label), by.map((each) => each.label));
}
