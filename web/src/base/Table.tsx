// A table. In a narrow window, one of numbers scrolls sideways by itself, and the page does not; of any other with more than
// two columns, each row becomes a list of what it has.

import type { ReactNode } from "react";
import { useWords } from "../text/words";
import { texts } from "./texts";

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand below one another by their last digit. */
  numeric?: boolean;
}

interface Props<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
}

interface Keyed<Row> {
  /** What a row is known by. */
  keyOf: (row: Row) => string;
}

type WithId = { readonly id: string };

export function Table<Row extends WithId>(props: Props<Row>): ReactNode;
export function Table<Row>(props: Props<Row> & Keyed<Row>): ReactNode;
export function Table<Row>({ caption, columns, rows, keyOf = (row) => (row as WithId).id }: Props<Row> & Partial<Keyed<Row>>) {
  const t = useWords(texts);
  if (rows.length === 0) return <p className="quiet">{t.empty}</p>;
  const stacks = columns.length > 2 && columns.filter((each) => each.numeric).length * 2 <= columns.length;
  // The roles are those of the elements, which a browser may forget where they are shown as lists.
  return (
    <div className={stacks ? "table stacks" : "table"} role="group" aria-label={caption} tabIndex={0}>
      <table role="table" style={{ minWidth: `${columns.length * 5}rem` }}>
        <caption className="hidden-text">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">{columns.map((column) => (
            <th key={column.title} scope="col" role="columnheader" className={column.numeric ? "numeric" : undefined}>
              {column.title}
            </th>
          ))}</tr>
        </thead>
        <tbody role="rowgroup">{rows.map((row) => (
          <tr key={keyOf(row)} role="row">{columns.map((column) => (
            <td key={column.title} role="cell" data-title={column.title} className={column.numeric ? "numeric" : undefined}>
              <div dir="auto">{column.cell(row)}</div>
            </td>
          ))}</tr>
        ))}</tbody>
      </table>
    </div>
  );
}
