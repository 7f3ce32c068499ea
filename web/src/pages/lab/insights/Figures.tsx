// The figures of an insight as a chart and as a table.

import { useState } from "react";
import type { CellFiguresFragment } from "../../../../generated/buyer";
import { RadioField, Table, useFormats, useNarrow, useWords, type Column } from "../../../base";
import { IntervalChart } from "../../../base/chart/IntervalChart";
import { groupOf, membersOf, rangeOf, sectionsOf, sharedBy, type Arrangement, type Measure, type Table as Figures } from "./figures";
import { texts } from "./texts";

interface ChartProps {
  title: string;
  table: Figures;
  measure: Measure;
  arrangement: Arrangement;
  /** The values of the variable's categories. */
  values: readonly number[];
  second?: Figures | undefined;
  /** The axis, if it is not only that of this table. */
  range?: readonly [number, number] | undefined;
}

export function FiguresChart({ title, table, measure, arrangement, values, second, range }: ChartProps) {
  const t = useWords(texts);
  const format = useFigure(measure);
  const sections = sectionsOf(table, { measure, arrangement, format, words: t, second });
  return (
    <IntervalChart
      label={t.chart(title)}
      caption={t.caption[measure]}
      sections={sections}
      range={range ?? rangeOf(sections, measure, values)}
      tick={format}
      mark={measure === "share" || measure === "count" ? "bar" : "point"}
      second={second && t.reconciled}
    />
  );
}

/** How a figure is written: shares in percent, counts as whole numbers. */
export function useFigure(measure: Measure): (value: number) => string {
  const { number, percent } = useFormats();
  if (measure === "share") return (value) => percent(value);
  const digits = measure === "count" ? 0 : 1;
  return (value) => number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "negative" });
}

/** What is shown, among what all of these tables have, and how. */
export function useChoice(tables: readonly Figures[]): { measure: Measure; arrangement: Arrangement; fields: React.ReactNode } {
  const t = useWords(texts);
  const [measure, setMeasure] = useState<Measure>("share");
  const [arrangement, setArrangement] = useState<Arrangement>("category");
  const possible = sharedBy(tables);
  const shown = possible.includes(measure) ? measure : (possible[0] ?? "count");
  const isGrouped = tables[0]?.cells.some((each) => each.by.length > 0) ?? false;
  const fields = (
    <>
      {possible.length > 1 && (
        <div className="in-line">
          <RadioField
            key={shown}
            name="measure"
            label={t.measure}
            initial={shown}
            onChange={(value) => setMeasure(value as Measure)}
            options={possible.map((each) => ({ value: each, label: t.measures[each] }))}
          />
        </div>
      )}
      {isGrouped && (shown === "share" || shown === "count") && (
        <div className="in-line">
          <RadioField
            name="arrangement"
            label={t.arrangement}
            initial={arrangement}
            onChange={(value) => setArrangement(value as Arrangement)}
            options={[{ value: "category", label: t.byCategory }, { value: "group", label: t.byGroup }]}
          />
        </div>
      )}
    </>
  );
  return { measure: shown, arrangement, fields };
}

/** The table; in a narrow window one of each group, to be unfolded. */
export function FiguresTable({ title, table, measure, second }: { title: string; table: Figures; measure: Measure; second?: Figures | undefined }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const percent = useFigure("share");
  const decimal = useFigure("MEAN");
  const isGrouped = table.cells.some((each) => each.by.length > 0);
  const folds = useNarrow() && isGrouped;
  const members = (row: Parameters<typeof membersOf>[1]) => {
    const found = membersOf(table, row);
    return found && `${number(found.count)}\u00a0±\u00a0${number(found.marginOfError)}`;
  };
  if (measure === "MEAN" || measure === "MEDIAN") {
    const of = (found: Figures) => found.statistics.filter((each) => each.measure === measure);
    const others = second && of(second);
    return (
      <>
        <Table
          caption={title}
          rows={of(table).map((each, place) => ({ ...each, place }))}
          keyOf={(row) => String(row.place)}
          columns={[
            { title: t.group, cell: (row) => groupOf(row, t) },
            { title: t.value, cell: (row) => (row.reliability === "NONE" ? "–" : written(row.value, decimal)), numeric: true },
            { title: t.interval, cell: (row) => row.interval && t.between(decimal(row.interval.low), decimal(row.interval.high)), numeric: true },
            { title: t.reliability, cell: (row) => t.reliabilities[row.reliability] },
            ...(table.totals?.length ? [{ title: t.members, cell: members, numeric: true }] : []),
            ...(others ? [{ title: t.other, cell: (row: { place: number }) => others[row.place]?.reliability === "NONE" ? "–" : written(others[row.place]?.value, decimal), numeric: true }] : []),
          ]}
        />
        {table.totals?.some((each) => each.count < 0) && <p className="quiet after-form">{t.belowZero}</p>}
      </>
    );
  }
  const counted = (cell: CellFiguresFragment) => cell.count !== null && `${number(cell.count)}\u00a0±\u00a0${number(cell.marginOfError)}`;
  const both = (cell: CellFiguresFragment | undefined) => cell && (measure === "count" ? counted(cell) : written(cell.share, percent));
  const rows = table.cells.map((each, place) => ({ ...each, place }));
  const columns: Column<(typeof rows)[number]>[] = [
    ...(isGrouped && !folds ? [{ title: t.group, cell: (row: CellFiguresFragment) => groupOf(row, t) }] : []),
    { title: t.category, cell: (row) => row.category.label },
    { title: t.count, cell: (row) => counted(row) || t.hidden, numeric: true },
    { title: t.share, cell: (row) => (row.shareReliability === "NONE" ? "–" : written(row.share, percent)), numeric: true },
    { title: t.interval, cell: (row) => row.interval && t.between(percent(row.interval.low), percent(row.interval.high)), numeric: true },
    {
      title: measure === "count" ? t.ofCount : t.ofShare,
      cell: (row) => t.reliabilities[(measure === "count" ? row.reliability : row.shareReliability) ?? "HIDDEN"],
    },
    ...(second ? [{ title: t.other, cell: (row: { place: number }) => both(second.cells[row.place]) || t.hidden, numeric: true }] : []),
  ];
  const keyOf = (row: { place: number }) => String(row.place);
  const groups = [...new Set(rows.map((row) => groupOf(row, t)))];
  return (
    <>
      {folds ? (
        groups.map((group, place) => (
          <details key={group} className="fold" open={place === 0}>
            <summary>{group}</summary>
            <Table caption={`${title}, ${group}`} rows={rows.filter((row) => groupOf(row, t) === group)} keyOf={keyOf} columns={columns} />
          </details>
        ))
      ) : (
        <Table caption={title} rows={rows} keyOf={keyOf} columns={columns} />
      )}
      {table.cells.some((each) => each.reliability === "HIDDEN") && <p className="quiet after-form">{t.hiddenHint}</p>}
    </>
  );
}

function written(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "–" : format(value);
}
