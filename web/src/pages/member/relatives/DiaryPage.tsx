// The diary of a patient, which the member keeps for them: its latest values, and a day's value to record.

import { useState } from "react";
import { Link } from "wouter";
import type { PageProps } from "../../../app/route";
import { SelectField, TextField } from "../../../base/Field";
import { Form } from "../../../base/Form";
import { Notice } from "../../../base/Notice";
import { PageTitle } from "../../../base/PageTitle";
import { Shown } from "../../../base/Shown";
import { Table } from "../../../base/Table";
import { useAction, useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { today } from "../../diary/days";
import { RelativesDiary, DiaryRecord, type KeptDiaryFragment } from "./patient/relatives";
import { texts } from "./texts";

export function Page({ parameters: { id = "" } }: PageProps) {
  const t = useWords(texts);
  const read = useRead(RelativesDiary, { id });
  return (
    <>
      <p>
        <Link href="/me/relatives">← {t.title}</Link>
      </p>
      <Shown read={read}>
        {({ node }) =>
          node && "dashboard" in node && node.dashboard ? (
            <Kept link={node as KeptDiaryFragment} again={read.again} />
          ) : (
            <>
              <PageTitle>{t.noDiary}</PageTitle>
              <p>{t.noDiaryHint}</p>
            </>
          )
        }
      </Shown>
    </>
  );
}

function Kept({ link, again }: { link: KeptDiaryFragment; again: () => void }) {
  const t = useWords(texts);
  const { number, date } = useFormats();
  const series = link.dashboard?.series ?? [];
  return (
    <>
      <PageTitle>{t.diaryOf(link.patient.pseudonym)}</PageTitle>
      <p>{t.diaryLead}</p>
      {series.length > 0 && <Record link={link} onRecorded={again} />}
      <h2>{t.latest}</h2>
      <Table
        caption={t.latest}
        rows={series}
        keyOf={({ indicator }) => indicator.id}
        columns={[
          { title: t.indicator, cell: ({ indicator }) => indicator.name },
          {
            title: t.value,
            cell: ({ latest, indicator }) => latest && [number(latest.value), indicator.unit].filter(Boolean).join(" "),
            numeric: true,
          },
          { title: t.day, cell: ({ latest }) => latest && date(latest.observedOn) },
          { title: t.by, cell: ({ latest }) => latest && (latest.byRelative ? t.byRelative : t.byPatient) },
          { title: t.course, cell: ({ points, indicator }) => <Curve {...{ points, indicator }} /> },
        ]}
      />
    </>
  );
}

type Series = NonNullable<KeptDiaryFragment["dashboard"]>["series"][number];

const WIDTH = 160;
const HEIGHT = 32;

/** The weekly means of a year, from the indicator's smallest value to its largest. */
function Curve({ points, indicator }: Pick<Series, "points" | "indicator">) {
  const t = useWords(texts);
  const { number } = useFormats();
  const first = Date.parse(points[0]?.startsOn ?? "");
  const span = Math.max(1, Date.parse(points.at(-1)?.startsOn ?? "") - first);
  const range = Math.max(indicator.maximum - indicator.minimum, Number.MIN_VALUE);
  const at = points.map(({ startsOn, mean }) => {
    const x = 2 + ((Date.parse(startsOn) - first) / span) * (WIDTH - 4);
    return `${x},${2 + (1 - (mean - indicator.minimum) / range) * (HEIGHT - 4)}`;
  });
  const means = points.map(({ mean }) => mean);
  const one = { maximumFractionDigits: 1 };
  return (
    <svg role="img" aria-label={t.curve(number(Math.min(...means), one), number(Math.max(...means), one))} width={WIDTH} height={HEIGHT}>
      <polyline points={at.join(" ")} fill="none" stroke="var(--series-1)" strokeWidth="2" />
    </svg>
  );
}

function Record({ link, onRecorded }: { link: KeptDiaryFragment; onRecorded: () => void }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const { run, ...state } = useAction(DiaryRecord, (data) => data.observationsRecord);
  const [recorded, setRecorded] = useState(0);

  async function record(values: Record<string, string>): Promise<void> {
    const { indicator = "", value = "", observedOn = "", note = "" } = values;
    const entries = [{ indicator, value: Number(value), note: note.trim() || null }];
    if (!(await run({ input: { observedOn, onBehalfOf: link.patient.id, entries } }))) return;
    setRecorded(recorded + 1);
    onRecorded();
  }

  const options = (link.dashboard?.series ?? []).map(({ indicator: { id, name, minimum, maximum, unit } }) => ({
    value: id,
    label: `${name} (${number(minimum)} – ${number(maximum)}${unit ? ` ${unit}` : ""})`,
  }));
  return (
    <>
      <h2>{t.record}</h2>
      {recorded > 0 && <Notice kind="good">{t.recorded}</Notice>}
      <Form key={recorded} submit={t.recordNow} {...state} onSubmit={(values) => void record(values)}>
        <SelectField name="indicator" path="entries.0.indicator" label={t.indicator} options={options} />
        <TextField name="value" path="entries.0.value" label={t.value} type="number" inputMode="decimal" step="any" required />
        <TextField name="observedOn" label={t.day} type="date" initial={today()} required />
        <TextField name="note" path="entries.0.note" label={t.note} rows={2} maxLength={1_000} />
      </Form>
    </>
  );
}
