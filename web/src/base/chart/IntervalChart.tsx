// A chart of figures with their intervals: a row for each figure, with its label before it and its value after it.
//
// Widths are percentages, so that it fits every window without being measured. Its page shows a table of the same numbers.

import "./IntervalChart.css";

import type { ReactNode } from "react";
import { useWords } from "../../text/words";
import { texts } from "./texts";
import { ticksOf } from "./ticks";

export interface Figure {
  key: string;
  label: string;
  /** Null if it is not published. */
  value: number | null;
  /** The bounds of its interval. */
  low: number | null;
  high: number | null;
  /** Whether it is precise; others are drawn in dashes. */
  precise: boolean;
  /** The value in words, which stands after it. */
  words: string;
  /** From 0: its color. */
  series?: number;
  /** The same figure by another computation. */
  second?: { value: number; low: number; high: number } | null;
}

export interface Section {
  key: string;
  title: string | null;
  figures: readonly Figure[];
}

interface Props {
  /** What it shows, for people who do not see it. */
  label: string;
  caption: ReactNode;
  sections: readonly Section[];
  range: readonly [least: number, most: number];
  tick: (value: number) => string;
  /** Bars begin at the least value; points say nothing of a beginning. */
  mark?: "bar" | "point";
  /** What the second figures are. */
  second?: string | undefined;
}

const COLORS = 4;
const LINE = 26; // pixels of a figure
const BOTH = 40; // of two

export function IntervalChart({ label, caption, sections, range, tick, mark = "bar", second }: Props) {
  const ticks = ticksOf(range);
  const place = (value: number): number => (100 * (Math.min(Math.max(value, range[0]), range[1]) - range[0])) / (range[1] - range[0]);
  return (
    <figure className="chart">
      <figcaption>{caption}</figcaption>
      <div role="img" aria-label={label}>
        <div className="chart-row chart-axis">
          <span />
          <svg height={22}>{ticks.map((value) => (
            <text key={value} className="tick" x={`${place(value)}%`} y={14} textAnchor="middle">
              {tick(value)}
            </text>
          ))}</svg>
          <span />
        </div>
        {sections.map((section) => (
          <div key={section.key}>
            {section.title !== null && <p className="chart-section">{section.title}</p>}
            {section.figures.map((figure) => (
              <div key={figure.key} className="chart-row">
                <span>{figure.label}</span>
                <svg height={figure.second ? BOTH : LINE}>
                  {ticks.map((value) => (
                    <line key={value} className={value === 0 ? "zero" : "grid"} x1={`${place(value)}%`} x2={`${place(value)}%`} y1={0} y2="100%" />
                  ))}
                  <Drawn figure={figure} place={place} mark={mark} />
                </svg>
                <span>{figure.words}</span>
              </div>
            ))}
          </div>
        ))}
      </div>
      <Key mark={mark} second={second} />
    </figure>
  );
}

function Drawn({ figure, place, mark }: { figure: Figure; place: (value: number) => number; mark: "bar" | "point" }) {
  const { value, low, high, precise, series = 0, second } = figure;
  const style = `s${(series % COLORS) + 1} ${precise ? "" : "doubtful"}`;
  return (
    <>
      {value !== null && mark === "bar" && <rect className={`bar ${style}`} x={0} y={6} width={`${place(value)}%`} height={14} rx={1} />}
      {low !== null && high !== null && <Interval low={place(low)} high={place(high)} y={13} />}
      {value !== null && mark === "point" && <circle className={style} cx={`${place(value)}%`} cy={13} r={6} />}
      {second && (
        <>
          <Interval low={place(second.low)} high={place(second.high)} y={31} className="second" />
          <circle className="second" cx={`${place(second.value)}%`} cy={31} r={4} />
        </>
      )}
    </>
  );
}

function Interval({ low, high, y, className = "interval" }: { low: number; high: number; y: number; className?: string }) {
  return (
    <g className={className}>
      <line x1={`${low}%`} x2={`${high}%`} y1={y} y2={y} />
      <line x1={`${low}%`} x2={`${low}%`} y1={y - 4} y2={y + 4} />
      <line x1={`${high}%`} x2={`${high}%`} y1={y - 4} y2={y + 4} />
    </g>
  );
}

const SAMPLE = { key: "", label: "", words: "", value: 55, low: 35, high: 75 };

function Key({ mark, second }: { mark: "bar" | "point"; second: string | undefined }) {
  const t = useWords(texts);
  const same = (value: number): number => value;
  return (
    <ul className="chart-key">
      {[true, false].map((precise) => (
        <li key={String(precise)}>
          <svg height={LINE} aria-hidden="true"><Drawn figure={{ ...SAMPLE, precise }} place={same} mark={mark} /></svg>
          {precise ? t.precise : t.doubtful}
        </li>
      ))}
      {second && (
        <li>
          <svg height={LINE} aria-hidden="true">
            <Interval low={15} high={85} y={13} className="second" />
            <circle className="second" cx="50%" cy={13} r={4} />
          </svg>
          {second}
        </li>
      )}
    </ul>
  );
}
