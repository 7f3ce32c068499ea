// A table. In a narrow window it scrolls sideways by itself, and the page does not.

import type { ReactNode } from "react";
import { useWords } from "../text/words";
import { texts } from "./texts";

interface Column<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand below one another by their last digit. */
  numeric?: boolean;
}

interface Props<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
}

export function Table<Row>({ caption, columns, rows, keyOf }: Props<Row>) {
  const t = useWords(texts);
  if (rows.length === 0) return <p className="quiet">{t.empty}</p>;
  return (
    <div className="table" role="group" aria-label={caption} tabIndex={0}>
      <table>
        <caption className="hidden-text">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" className={column.numeric ? "numeric" : undefined}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.title} className={column.numeric ? "numeric" : undefined}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
