// The curve of one indicator over a period. The treatments of the period unfold below it, as bars on the same time axis.

import { useEffect, useRef, useState } from "react";
import { isolated, LOCALES, Table, useFormats, useLanguage, useWords } from "../../base";
import { texts as treatmentTexts } from "../treatments/texts";
import { dayOf, numberOf } from "./days";
import { rangeOf } from "./ranges";
import { texts } from "./texts";

const LENGTHS = { DAY: 1, WEEK: 7, MONTH: 30.4, QUARTER: 91.3 }; // days, on average
export type Interval = keyof typeof LENGTHS;

interface Point {
  readonly startsOn: string;
  readonly mean: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
}

export interface Course {
  readonly id: string;
  readonly startedOn: string;
  readonly endedOn: string | null;
  readonly treatment: { readonly name: string };
}

export interface Period {
  from: string;
  to: string;
  interval: Interval;
}

export interface CurveProps {
  indicator: { readonly name: string; readonly scale: string; readonly unit: string | null; readonly minimum: number; readonly maximum: number };
  points: readonly Point[];
  courses: readonly Course[];
  period: Period;
  /** Whether the bars are unfolded at first. */
  opened?: boolean;
}

interface Drawn {
  period: Period;
  width: number;
}

const HEIGHT = 150;
const LEFT = 44;
const RIGHT = 12;
const TOP = 10;
const AXIS = 24; // for the labels of time
const BAR = 20;

export function Curve({ indicator, points, courses, period, opened = false }: CurveProps) {
  const t = useWords(texts);
  const { date, number } = useFormats();
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const rounded = (value: number): string => number(value, { maximumFractionDigits: 1 });
  const value = (amount: number): string => (indicator.unit ? `${rounded(amount)} ${indicator.unit}` : rounded(amount));
  return (
    <figure className="curve">
      <div ref={box}>{width > 0 && <Drawing {...{ indicator, points, courses, period, width }} />}</div>
      {courses.length > 0 && (
        <details open={opened}>
          <summary>{t.bars(number(courses.length))}<span className="hidden-text">: {isolated(indicator.name)}</span></summary>
          {width > 0 && <Bars {...{ courses, period, width }} />}
        </details>
      )}
      <details className="numbers">
        <summary>{t.numbers(isolated(indicator.name))}</summary>
        <Table caption={indicator.name} rows={points} keyOf={(point) => point.startsOn} columns={[
          { title: t.from, cell: (point) => date(point.startsOn) },
          { title: t.mean, cell: (point) => value(point.mean), numeric: true },
          { title: t.smallest, cell: (point) => value(point.minimum), numeric: true },
          { title: t.largest, cell: (point) => value(point.maximum), numeric: true },
          { title: t.values, cell: (point) => number(point.count), numeric: true },
        ]} />
      </details>
    </figure>
  );
}

/** Where a day stands: the same for a curve and for the bars below it. */
function axisOf({ from, to }: Period, width: number) {
  const first = numberOf(from);
  const last = numberOf(to) + 1;
  const x = (day: number): number => LEFT + ((Math.min(Math.max(day, first), last) - first) / (last - first)) * (width - LEFT - RIGHT);
  return { first, last, x };
}

function Drawing({ indicator, points, courses, period, width }: Omit<CurveProps, "opened"> & Drawn) {
  const t = useWords(texts);
  const { date, number } = useFormats();
  const { first, x } = axisOf(period, width);
  const [least, most] = rangeOf(indicator, points);
  const y = (amount: number): number => TOP + (1 - (amount - least) / (most - least)) * (HEIGHT - TOP);
  const half = LENGTHS[period.interval] / 2;
  const placed = points.map((point) => ({ ...point, day: numberOf(point.startsOn) + half }));
  const runs = runsOf(placed, LENGTHS[period.interval] * 1.5);
  const starts = new Set(courses.map((course) => numberOf(course.startedOn)).filter((day) => day >= first));
  return (
    <svg role="img" aria-label={t.chart(isolated(indicator.name), date(period.from), date(period.to))} width={width} height={HEIGHT + AXIS}>
      {[least, (least + most) / 2, most].map((tick) => (
        <g key={tick}>
          <line className="grid" x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
          <text className="tick" x={LEFT - 6} y={y(tick) + 4} textAnchor="end">{number(tick, { maximumFractionDigits: 1 })}</text>
        </g>
      ))}
      <Months period={period} width={width} top={TOP} bottom={HEIGHT + AXIS} named />
      {[...starts].map((day) => <line key={day} className="start" x1={x(day)} x2={x(day)} y1={TOP} y2={HEIGHT} />)}
      {runs.map((run) => (
        <g key={run[0]?.startsOn}>
          {run.length > 1 && (
            <path
              className="band"
              d={`${pathOf(run.map((point) => [x(point.day), y(point.maximum)]))}${pathOf(
                run.map((point): [number, number] => [x(point.day), y(point.minimum)]).reverse(),
              ).replace("M", "L")}Z`}
            />
          )}
          <path className="line" d={pathOf(run.map((point) => [x(point.day), y(point.mean)]))} />
        </g>
      ))}
      {placed.map((point) => (
        <circle key={point.startsOn} className="dot" cx={x(point.day)} cy={y(point.mean)} r={placed.length > 60 ? 2 : 3.5}>
          <title>{`${date(point.startsOn)}: ${number(point.mean, { maximumFractionDigits: 1 })}`}</title>
        </circle>
      ))}
    </svg>
  );
}

/** The treatments, a bar each. */
function Bars({ courses, period, width }: Drawn & { courses: readonly Course[] }) {
  const t = useWords(treatmentTexts);
  const { date } = useFormats();
  const { last, x } = axisOf(period, width);
  const height = courses.length * BAR;
  const lasted = ({ startedOn, endedOn }: Course): string => (endedOn ? t.span(date(startedOn), date(endedOn)) : t.since(date(startedOn)));
  const label = courses.map((course) => `${isolated(course.treatment.name)}: ${lasted(course)}`).join("; ");
  return (
    <svg role="img" aria-label={label} width={width} height={height}>
      <Months period={period} width={width} top={0} bottom={height} />
      {courses.map((course, row) => {
        const start = x(numberOf(course.startedOn));
        const end = Math.max(x(course.endedOn ? numberOf(course.endedOn) + 1 : last), start + 3);
        const { at, anchor } = nameAt(course.treatment.name, start, end, width);
        return (
          <g key={course.id}>
            <rect className="bar" x={start} width={end - start} y={row * BAR} height={BAR - 3} rx={4} />
            <text className="bar-name" x={at} y={row * BAR + 13} textAnchor={anchor}>{isolated(course.treatment.name)}</text>
          </g>
        );
      })}
    </svg>
  );
}

/** The time axis: a line at the first of each month, or of as many as there is room for; days in short periods. */
function Months({ period, width, top, bottom, named = false }: Drawn & { top: number; bottom: number; named?: boolean }) {
  const { first, last, x } = axisOf(period, width);
  const isShort = last - first < 62;
  const room = Math.max(2, Math.floor((width - LEFT) / 76));
  const every = Math.ceil((last - first) / (isShort ? 7 : 30.4) / room);
  const formats = new Intl.DateTimeFormat(LOCALES[useLanguage()], {
    timeZone: "UTC",
    month: "short",
    ...(isShort ? { day: "numeric" } : { year: "2-digit" }),
  });
  const ticks: number[] = [];
  if (isShort) {
    for (let day = first; day < last; day += 7 * every) ticks.push(day);
  } else {
    const start = new Date(dayOf(first));
    for (let month = start.getUTCMonth() + 1; ; month += every) {
      const day = Date.UTC(start.getUTCFullYear(), month, 1) / 86_400_000;
      if (day >= last) break;
      ticks.push(day);
    }
  }
  return ticks
    .filter((day) => x(day) < width - 40)
    .map((day) => (
      <g key={day}>
        <line className="grid" x1={x(day)} x2={x(day)} y1={top} y2={bottom} />
        {named && <text className="tick" x={x(day) + 3} y={HEIGHT + 16}>{formats.format(new Date(dayOf(day)))}</text>}
      </g>
    ));
}

/** Where the name of a bar stands: in it if there is room, or else behind it or before it. */
function nameAt(name: string, start: number, end: number, width: number): { at: number; anchor: "start" | "end" } {
  const needed = name.length * 6.5 + 12;
  if (end - start >= needed) return { at: start + 6, anchor: "start" };
  if (width - end >= needed) return { at: end + 6, anchor: "start" };
  return { at: start - 6, anchor: "end" };
}

/** Points without a gap between them: a line would claim what nobody observed. */
function runsOf<Placed extends { day: number }>(points: readonly Placed[], gap: number): Placed[][] {
  const runs: Placed[][] = [];
  for (const point of points) {
    const run = runs.at(-1);
    if (run && point.day - (run.at(-1)?.day ?? 0) <= gap) run.push(point);
    else runs.push([point]);
  }
  return runs;
}

function pathOf(places: readonly (readonly [number, number])[]): string {
  return places.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");
}

/** The width of an element, as it changes. */
function useWidth(box: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [box]);
  return width;
}
