// A list of insights, each with a link to it.

import { Link } from "wouter";
import type { InsightLineFragment } from "../../../generated/buyer";
import { Table } from "../../base";
import { useFormats, useWords } from "../../text/words";
import { texts as datasets } from "./datasets/texts";
import { texts } from "./texts";

export function InsightTable({ caption, insights }: { caption: string; insights: readonly InsightLineFragment[] }) {
  const t = useWords(datasets);
  const { margin, own } = useWords(texts);
  const { number, time } = useFormats();
  return (
    <Table caption={caption} rows={insights} columns={[
      { title: t.variable, cell: (each) => <InsightLink insight={each} /> },
      { title: t.margin, cell: (each) => margin(number(each.marginOfError)), numeric: true },
      { title: t.for, cell: (each) => each.requestedBy?.name ?? own },
      { title: t.when, cell: (each) => time(each.publishedAt) },
    ]} />
  );
}

export function InsightLink({ insight }: { insight: InsightLineFragment }) {
  const title = useTitle(insight);
  return <Link href={`/lab/insights/${insight.id}`}>{title}</Link>;
}

interface Titled {
  readonly variable: { readonly label: string };
  readonly by: readonly { readonly label: string }[];
}

/** What an insight counts, in words. */
export function useTitle({ variable, by }: Titled): string {
  const { titled } = useWords(texts);
  return titled(variable.label, by.map((each) => each.label));
}
