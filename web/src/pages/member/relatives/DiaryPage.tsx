// The diary of a patient, which the member keeps for them: a value to record, the latest values, and their curves.

import "../../diary/diary.css";

import { useState } from "react";
import { Link } from "wouter";
import {
  isolated, Missing, MutationForm, PageTitle, Picker, Section, SelectField, Shown, Table, TextField, useFormats,
  useLanguage, useRead, useWords, type PageProps, type Refusal, type Values,
} from "../../../base";
import { numberIn } from "../../../text/numbers";
import type { Period } from "../../diary/Curve";
import { CurveList } from "../../diary/CurveList";
import type { Tracked } from "../../diary/Recorded";
import { daysBefore, today } from "../../diary/days";
import { FoundIndicators } from "../../diary/patient/diary";
import { texts as diaryTexts } from "../../diary/texts";
import { DiaryRecord, RelativesDiary, type KeptDiaryFragment } from "./patient/relatives";
import { texts } from "./texts";

const SHOWN = 365; // days

export function Page({ parameters: { id = "" } }: PageProps) {
  const t = useWords(texts);
  const period: Period = { from: daysBefore(today(), SHOWN), to: today(), interval: "WEEK" };
  const read = useRead(RelativesDiary, { id, from: period.from, to: period.to });
  return (
    <>
      <p><Link href="/me/relatives">← {t.title}</Link></p>
      <Shown read={read}>{({ node }) => node && "dashboard" in node && node.dashboard ? (
        <Kept link={node as KeptDiaryFragment} period={period} again={read.again} />
      ) : (
        <Missing title={t.noDiary} text={t.noDiaryHint} />
      )}</Shown>
    </>
  );
}

function Kept({ link: { id, patient, dashboard }, period, again }: { link: KeptDiaryFragment; period: Period; again: () => void }) {
  const t = useWords(texts);
  const { number, date } = useFormats();
  const series = dashboard ? [...dashboard.series, ...dashboard.ownSeries] : [];
  const courses = dashboard ? [...dashboard.courses, ...dashboard.ownCourses] : [];
  return (
    <>
      <PageTitle lead={t.diaryLead}>{t.diaryOf(isolated(patient.pseudonym))}</PageTitle>
      <Record key={id} patient={patient.id} tracked={dashboard?.series.map((each) => each.indicator) ?? []} onRecorded={again} />
      <h2>{t.latest}</h2>
      <Table caption={t.latest} rows={series} keyOf={({ indicator }) => indicator.id} columns={[
        { title: t.indicator, cell: ({ indicator }) => indicator.name },
        {
          title: t.value,
          cell: ({ latest, indicator }) => latest && [number(latest.value), indicator.unit].filter(Boolean).join(" "),
          numeric: true,
        },
        { title: t.day, cell: ({ latest }) => latest && date(latest.observedOn) },
        { title: t.by, cell: ({ latest }) => latest && (latest.byRelative ? t.byRelative : t.byPatient) },
      ]} />
      {series.length > 0 && (
        <Section id="curves" title={t.curves}><CurveList series={series} courses={courses} period={period} /></Section>
      )}
    </>
  );
}

interface RecordProps {
  patient: string;
  /** What the diary has already. */
  tracked: readonly Tracked[];
  onRecorded: () => void;
}

function Record({ patient, tracked, onRecorded }: RecordProps) {
  const t = useWords(texts);
  const diary = useWords(diaryTexts);
  const language = useLanguage();
  const { number } = useFormats();
  const [added, setAdded] = useState<readonly Tracked[]>([]);
  const indicators = [...new Map([...added, ...tracked].map((each) => [each.id, each])).values()];

  function inputOf({ indicator = "", value = "", observedOn = "", note = "" }: Values) {
    return { observedOn, onBehalfOf: patient, entries: [{ indicator, value: numberIn(value, language) ?? NaN, note: note.trim() || null }] };
  }

  function faultsOf({ value = "" }: Values): readonly Refusal[] {
    return numberIn(value, language) === null ? [{ path: ["input", "entries", "0", "value"], message: diary.notNumber }] : [];
  }

  const options = indicators.map(({ id, name, minimum, maximum, unit }) => ({
    value: id,
    label: `${name} (${number(minimum)} – ${number(maximum)}${unit ? ` ${unit}` : ""})`,
  }));
  return (
    <>
      <h2>{t.record}</h2>
      {options.length > 0 && (
        <MutationForm resets submit={t.recordNow} mutation={DiaryRecord} check={faultsOf} input={inputOf} onDone={onRecorded} done={t.recorded}>
          <SelectField key={added.length} name="indicator" path="entries.0.indicator" label={t.indicator} options={options} />
          <TextField name="value" path="entries.0.value" label={t.value} inputMode="decimal" autoComplete="off" required />
          <TextField name="observedOn" label={t.day} type="date" initial={today()} required />
          <TextField name="note" path="entries.0.note" label={t.note} rows={2} maxLength={1_000} />
        </MutationForm>
      )}
      <Another key={added[0]?.id} known={indicators} onAdd={(indicator) => setAdded([indicator, ...added])} />
    </>
  );
}

/** Finds something that the diary does not have yet. */
function Another({ known, onAdd }: { known: readonly Tracked[]; onAdd: (indicator: Tracked) => void }) {
  const t = useWords(texts);
  return (
    <div className="after-form">
      <Picker
        label={known.length > 0 ? t.another : t.first}
        none={t.notFound}
        operation={FoundIndicators}
        of={({ indicators }) => indicators.filter((each) => !known.some(({ id }) => id === each.id))}
        onPick={onAdd}
      />
    </div>
  );
}
