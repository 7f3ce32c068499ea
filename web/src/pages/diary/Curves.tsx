// The viewer's curves over a period that they choose, and the notes of that period.

import { useState } from "react";
import { Choice, optionsOf, Section, Shown, useFormats, useRead, useWords } from "../../base";
import type { Interval, Period } from "./Curve";
import { CurveList } from "./CurveList";
import { daysBefore, today } from "./days";
import { DiaryCurves } from "./patient/diary";
import { texts } from "./texts";

const PERIODS = {
  MONTH: { days: 27, interval: "DAY" },
  QUARTER: { days: 91, interval: "WEEK" },
  YEAR: { days: 365, interval: "WEEK" },
  FIVE: { days: 1826, interval: "MONTH" },
} as const;
type Name = keyof typeof PERIODS;

export function Curves() {
  const t = useWords(texts);
  const [name, setName] = useState<Name>("QUARTER");
  const [interval, setInterval] = useState<Interval>(PERIODS.QUARTER.interval);
  const to = today();
  const period = { from: daysBefore(to, PERIODS[name].days), to, interval };

  function change(chosen: Name): void {
    setName(chosen);
    setInterval(PERIODS[chosen].interval);
  }

  return (
    <Section id="curves" title={t.curves}>
      <div className="filters">
        <Choice id="period" label={t.period} value={name} options={optionsOf(t.periods)} onChange={(value) => change(value as Name)} />
        <Choice
          id="interval"
          label={t.interval}
          value={interval}
          options={optionsOf(t.intervals)}
          onChange={(value) => setInterval(value as Interval)}
        />
      </div>
      <Series key={`${name} ${interval}`} period={period} />
    </Section>
  );
}

function Series({ period }: { period: Period }) {
  const t = useWords(texts);
  const read = useRead(DiaryCurves, period);
  return (
    <Shown read={read}>{({ me: { dashboard, observations, ownIndicators } }) => {
      const own = dashboard.ownSeries.map((each) => ({ ...each, own: true }));
      const series = [...dashboard.series.map((each) => ({ ...each, own: false })), ...own];
      const courses = [...dashboard.courses, ...dashboard.ownCourses];
      const ownNotes = ownIndicators.flatMap((indicator) => indicator.observations.nodes.map((each) => ({ ...each, indicator })));
      const notes = [...observations.nodes, ...ownNotes]
        .filter((each) => each.observedOn >= period.from)
        .sort((one, other) => other.observedOn.localeCompare(one.observedOn));
      if (series.length === 0) return <p>{t.empty}</p>;
      return (
        <>
          <p className="quiet">{t.legend}</p>
          <CurveList series={series} courses={courses} period={period} />
          <Notes notes={notes} />
        </>
      );
    }}</Shown>
  );
}

interface Note {
  readonly id: string;
  readonly note: string | null;
  readonly observedOn: string;
  readonly value: number;
  readonly indicator: { readonly name: string };
}

function Notes({ notes }: { notes: readonly Note[] }) {
  const t = useWords(texts);
  const { date, number } = useFormats();
  if (notes.length === 0) return null;
  return (
    <Section id="notes" title={t.notes}>
      <ul className="notes">{notes.map((each) => (
        <li key={each.id}>
          <span className="quiet">{date(each.observedOn)} · <span dir="auto">{each.indicator.name}</span> {number(each.value)}</span>
          <br />
          <span dir="auto">{each.note}</span>
        </li>
      ))}</ul>
    </Section>
  );
}
