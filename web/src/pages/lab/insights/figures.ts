// Makes the figures of a chart out of an insight's cells and statistics.

import type { CellFiguresFragment as Cell, StatisticFiguresFragment as Statistic } from "../../../../generated/buyer";
import type { Figure, Section } from "../../../base/chart/IntervalChart";
import { roundedUp } from "../../../base/chart/ticks.ts";

export type Measure = "share" | "count" | "MEAN" | "MEDIAN";
export type Arrangement = "category" | "group";

export interface Table {
  readonly cells: readonly Cell[];
  readonly statistics: readonly Statistic[];
  /** The members behind each mean, of an insight that has means alone. */
  readonly totals?: readonly Total[];
}

interface Total {
  readonly by: readonly { readonly code: string }[];
  readonly count: number;
  readonly marginOfError: number;
}

interface Words {
  everyone: string;
  hidden: string;
  nothing: string;
  none: string;
}

interface Options {
  measure: Measure;
  arrangement: Arrangement;
  format: (value: number) => string;
  words: Words;
  /** The same table by another computation, cell by cell. */
  second?: Table | undefined;
}

interface Value {
  value: number;
  low: number;
  high: number;
}

/** What can be shown of a table: each has at least one figure, but for an insight of means, which has no cells and nothing else. */
export function measuresOf({ cells, statistics }: Table): Measure[] {
  if (cells.length === 0) return ["MEAN"];
  const found: Measure[] = [];
  if (cells.some((each) => each.share !== null)) found.push("share");
  found.push("count");
  if (statistics.some((each) => each.value !== null)) found.push("MEAN", "MEDIAN");
  return found;
}

/** What can be shown of all of these tables. */
export function sharedBy(tables: readonly Table[]): Measure[] {
  const [first = [], ...others] = tables.map(measuresOf);
  return first.filter((each) => others.every((one) => one.includes(each)));
}

/** The members behind a mean; undefined of an insight of counts. */
export function membersOf({ totals = [] }: Table, group: Parameters<typeof keyOf>[0]): Total | undefined {
  return totals.find((each) => keyOf(each) === keyOf(group));
}

/** The table without the groups in which every count is hidden, unless that is all of them; and how many these are. */
export function readableOf(table: Table): { table: Table; left: number } {
  const groups = new Set(table.cells.map(keyOf));
  const readable = new Set(table.cells.filter((each) => each.reliability !== "HIDDEN").map(keyOf));
  if (readable.size === 0 || readable.size === groups.size) return { table, left: 0 };
  return { table: onlyOf(table, readable), left: groups.size - readable.size };
}

/** Those groups of a table that another one has. */
export function matching(table: Table, other: Table): Table {
  return onlyOf(table, new Set(other.cells.map(keyOf)));
}

function onlyOf({ cells, statistics }: Table, groups: ReadonlySet<string>): Table {
  return { cells: cells.filter((each) => groups.has(keyOf(each))), statistics: statistics.filter((each) => groups.has(keyOf(each))) };
}

function keyOf({ by }: { readonly by: readonly { readonly code: string }[] }): string {
  return JSON.stringify(by.map((each) => each.code));
}

export function sectionsOf(table: Table, options: Options): Section[] {
  const { measure, words } = options;
  if (measure === "MEAN" || measure === "MEDIAN") {
    const of = (found: Table): Statistic[] => found.statistics.filter((each) => each.measure === measure);
    const second = options.second && of(options.second);
    const figures = of(table).map((each, place) =>
      figureOf(statisticValue(each), each.reliability, groupOf(each, words), place, options, second?.[place] && statisticValue(second[place])),
    );
    return [{ key: measure, title: null, figures }];
  }
  const groups = [...new Set(table.cells.map((each) => groupOf(each, words)))];
  const drawn = table.cells.map((cell, place) => {
    const group = groupOf(cell, words);
    const other = options.second?.cells[place];
    const reliability = (measure === "count" ? cell.reliability : cell.shareReliability) ?? "HIDDEN";
    const isGrouped = groups.length > 1;
    const byCategory = isGrouped && options.arrangement === "category";
    return {
      section: byCategory ? cell.category.label : isGrouped ? group : null,
      figure: figureOf(
        cellValue(cell, measure),
        reliability,
        byCategory ? group : cell.category.label,
        groups.indexOf(group),
        options,
        other && cellValue(other, measure),
      ),
    };
  });
  const titles = [...new Set(drawn.map((each) => each.section))];
  return titles.map((title) => ({
    key: title ?? "all",
    title,
    figures: drawn.filter((each) => each.section === title).map((each, place) => ({ ...each.figure, key: String(place) })),
  }));
}

/** The values of a variable's categories that have one. */
export function valuesOf({ categories }: { readonly categories: readonly { readonly value: number | null }[] }): number[] {
  return categories.flatMap((each) => (each.value === null ? [] : [each.value]));
}

/** The range of a chart that has all of these sections. */
export function rangeOf(sections: readonly Section[], measure: Measure, values: readonly number[]): readonly [number, number] {
  if ((measure === "MEAN" || measure === "MEDIAN") && values.length > 1) return [Math.min(...values), Math.max(...values)];
  const ends = sections.flatMap((each) => each.figures.flatMap((figure) => [figure.value ?? 0, figure.high ?? 0, figure.second?.high ?? 0]));
  const most = roundedUp(ends);
  return [0, measure === "share" ? Math.min(most, 1) : most];
}

/** The group of a cell or a statistic in words. */
export function groupOf({ by }: { by: readonly { readonly label: string }[] }, words: { everyone: string }): string {
  return by.map((each) => each.label).join(" · ") || words.everyone;
}

function figureOf(found: Value | null, reliability: string, label: string, series: number, options: Options, second?: Value | null): Figure {
  const { words, format } = options;
  return {
    key: String(series),
    label,
    value: found?.value ?? null,
    low: found?.low ?? null,
    high: found?.high ?? null,
    precise: reliability === "HIGH",
    words: found ? `${format(found.value)} (${format(found.low)}\u00a0–\u2060\u00a0${format(found.high)})` : absence(reliability, words),
    series,
    second: second ?? null,
  };
}

function absence(reliability: string, words: Words): string {
  if (reliability === "NONE") return words.nothing;
  return reliability === "HIDDEN" ? words.hidden : words.none;
}

function cellValue(cell: Cell, measure: Measure): Value | null {
  if (measure === "share" && cell.shareReliability === "NONE") return null;
  if (measure === "count") {
    return cell.count === null ? null : { value: cell.count, low: cell.count - cell.marginOfError, high: cell.count + cell.marginOfError };
  }
  return cell.share === null || cell.interval === null ? null : { value: cell.share, ...cell.interval };
}

function statisticValue({ value, interval, reliability }: Statistic): Value | null {
  return value === null || interval === null || reliability === "NONE" ? null : { value, ...interval };
}
