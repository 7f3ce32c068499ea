// What was published: for each group its counts with their margins of error, as bars and as a table, or its mean alone.

import { Table, useFormats, useWords } from "../../../base";
import type { CountedFragment, PublishedTableFragment } from "./patient/data";
import { texts } from "./texts";

const ROW = 44; // pixels
const BAR = 14;

export function Numbers({ insight }: { insight: PublishedTableFragment }) {
  return insight.kind === "COUNTS" ? <Counts insight={insight} /> : <Means insight={insight} />;
}

function Means({ insight }: { insight: PublishedTableFragment }) {
  const t = useWords(texts);
  return (
    <>
      <p>{t.meansLead}</p>
      <h3>{titleOf(insight)}</h3>
      <Statistics statistics={insight.statistics} />
    </>
  );
}

function Counts({ insight }: { insight: PublishedTableFragment }) {
  const t = useWords(texts);
  const { number, percent } = useFormats();
  const groups = new Map<string, CountedFragment[]>();
  for (const cell of insight.cells) {
    const name = cell.by.map((each) => each.label).join(" · ");
    groups.set(name, [...(groups.get(name) ?? []), cell]);
  }
  const shown = [...groups].filter(([, cells]) => cells.some((cell) => cell.count !== null));
  const statistics = insight.statistics.filter((each) => shown.some(([name]) => name === each.by.map(({ label }) => label).join(" · ")));
  const most = Math.max(1, ...insight.cells.map((cell) => (cell.count ?? 0) + cell.marginOfError));
  return (
    <>
      <p>{t.numbersLead(number(insight.marginOfError))}</p>
      <h3>{titleOf(insight)}</h3>
      {shown.map(([name, cells]) => (
        <figure key={name} className="bars">
          {name && <figcaption>{name}</figcaption>}
          <Bars cells={cells} most={most} label={t.chart(name || insight.variable.label)} />
        </figure>
      ))}
      {shown.length < groups.size && <p className="quiet">{t.hiddenGroups(number(groups.size - shown.length))}</p>}
      <details>
        <summary>{t.asTable}</summary>
        <Table
          caption={t.numbersPublished}
          rows={insight.cells}
          keyOf={(cell) => [cell.category, ...cell.by].map((each) => each.code).join()}
          columns={[
            ...insight.by.map((variable, place) => ({ title: variable.label, cell: (cell: CountedFragment) => cell.by[place]?.label })),
            { title: insight.variable.label, cell: (cell) => cell.category.label },
            { title: t.count, cell: (cell) => (cell.count === null ? t.hidden : `${number(cell.count)} ± ${number(cell.marginOfError)}`), numeric: true },
            {
              title: t.shareOfGroup,
              cell: (cell) => (cell.share === null || !cell.interval ? "" : `${percent(cell.share)} (${percent(cell.interval.low)}\u00a0–\u2060\u00a0${percent(cell.interval.high)})`),
              numeric: true,
            },
          ]}
        />
      </details>
      {statistics.length > 0 && (
        <>
          <h3>{t.statistics}</h3>
          <Statistics statistics={statistics} />
        </>
      )}
    </>
  );
}

function Statistics({ statistics }: Pick<PublishedTableFragment, "statistics">) {
  const t = useWords(texts);
  const { number } = useFormats();
  return (
    <ul>{statistics.map((each) => (
      <li key={[each.measure, ...each.by.map(({ code }) => code)].join()}>
        {[...each.by.map(({ label }) => label), t.measures[each.measure]].join(" · ")}
        {" "}
        {each.value === null ? t.hidden : number(each.value, { maximumFractionDigits: 1 })}
        {each.interval && ` (${number(each.interval.low, { maximumFractionDigits: 1 })} – ${number(each.interval.high, { maximumFractionDigits: 1 })})`}
      </li>
    ))}</ul>
  );
}

function titleOf({ variable, by }: PublishedTableFragment): string {
  return [variable, ...by].map((each) => each.label).join(" · ");
}

/** A bar for each category, and across its end the interval that holds 95 of 100 times. */
function Bars({ cells, most, label }: { cells: readonly CountedFragment[]; most: number; label: string }) {
  const { number } = useFormats();
  const t = useWords(texts);
  const at = (count: number): string => `${(Math.max(0, count) / most) * 80}%`;
  return (
    <svg role="img" aria-label={label} width="100%" height={cells.length * ROW}>
      {cells.map(({ category, by, count, marginOfError }, place) => {
        const middle = place * ROW + 18 + BAR / 2;
        return (
          <g key={[category, ...by].map((each) => each.code).join()}>
            <text x="0" y={place * ROW + 13}>
              {category.label}
              {count === null && ` – ${t.hidden}`}
            </text>
            {count !== null && (
              <>
                <rect className="bar" y={place * ROW + 18} width={at(count)} height={BAR} />
                <line className="error" x1={at(count - marginOfError)} x2={at(count + marginOfError)} y1={middle} y2={middle} />
                <text className="value" x={at(count + marginOfError)} dx="8" y={middle + 5}>{number(count)}</text>
              </>
            )}
          </g>
        );
      })}
    </svg>
  );
}
