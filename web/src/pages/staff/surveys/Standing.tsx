// How far a survey has come: whether enough members consent, how many have answered, and what can be done with it.

import { useState } from "react";
import type { EditedSurveyFragment } from "../../../../generated/manager";
import { Button, Confirm, Done, Form, Notice, Refused, Section, Table, TextField } from "../../../base";
import { useAction } from "../../../graph/hooks";
import { usePolled } from "../../../graph/polled";
import { useFormats, useWords } from "../../../text/words";
import { SurveyCloseEarly, SurveySchedule, SurveyUnschedule } from "./manager/surveys";
import { texts } from "./texts";

const CAP = "200000"; // micro-rho

interface Props {
  survey: EditedSurveyFragment;
  /** Whether something has changed that is not saved. */
  dirty: boolean;
  again: () => void;
}

export function Standing({ survey, dirty, again }: Props) {
  const t = useWords(texts);
  const { number } = useFormats();
  const [done, setDone] = useState<string | null>(null);
  const { readiness } = survey.community;
  const finish = (text: string): void => {
    setDone(text);
    again();
  };
  return (
    <Section className="case" id="standing" title={<>{t.standing} <span className="badge">{t.statuses[survey.status]}</span></>}>
      <p>
        {survey.community.name}
        <br />
        {t.ready(number(readiness.consenting), number(readiness.needed))}{" "}
        <span className={readiness.ready ? "badge good" : "badge bad"}>{readiness.ready ? t.isReady : t.notReady}</span>
      </p>
      <Progress survey={survey} />
      {done && <Done key={done}>{done}</Done>}
      {survey.status === "DRAFT" && (dirty ? <Notice>{t.firstSave}</Notice> : <Schedule survey={survey.id} onDone={() => finish(t.scheduled)} />)}
      {survey.status === "WAITING" && <Unschedule survey={survey.id} onDone={() => finish(t.unscheduled)} />}
      {survey.status === "OPEN" && <Close survey={survey.id} onDone={() => finish(t.closed)} />}
      <Frozen survey={survey} again={again} />
    </Section>
  );
}

/** What became of the answers; while they are being frozen, how far that has come. */
function Frozen({ survey: { status, dataset, noDataset }, again }: { survey: EditedSurveyFragment; again: () => void }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const isFreezing = status === "CLOSED" && !noDataset && (!dataset || dataset.status === "FREEZING");
  usePolled(isFreezing, again);
  if (isFreezing) return <Notice>{t.freezing(number((dataset?.progress ?? 0) / 100, { style: "percent" }))}</Notice>;
  if (noDataset) return <p>{t.noDataset[noDataset]}</p>;
  return dataset && <p>{dataset.status === "ENDED" ? t.datasetEnded : t.dataset}</p>;
}

function Progress({ survey: { progress } }: { survey: EditedSurveyFragment }) {
  const t = useWords(texts);
  const { number, date } = useFormats();
  if (!progress) return null;
  const caption = t.progress(date(progress.countedOn));
  return (
    <>
      <p className="quiet">{caption}</p>
      <Table
        caption={caption}
        rows={[progress] as const}
        keyOf={(row: typeof progress) => row.countedOn}
        columns={(["eligible", "invited", "started", "completed"] as const).map((name) => ({ title: t[name], cell: (row: typeof progress) => number(row[name]), numeric: true }))}
      />
    </>
  );
}

function Schedule({ survey, onDone }: { survey: string; onDone: () => void }) {
  const t = useWords(texts);
  const { run, ...state } = useAction(SurveySchedule);
  async function schedule(cap: number): Promise<void> {
    if (await run({ input: { survey, cap } })) onDone();
  }
  return (
    <Form submit={t.schedule} {...state} onSubmit={(values) => void schedule(Number(values["cap"]))}>
      <TextField name="cap" label={t.budget} hint={t.budgetHint} type="number" initial={CAP} required />
    </Form>
  );
}

function Unschedule({ survey, onDone }: { survey: string; onDone: () => void }) {
  const t = useWords(texts);
  const { run, ...state } = useAction(SurveyUnschedule);
  async function unschedule(): Promise<void> {
    if (await run({ input: { survey } })) onDone();
  }
  return (
    <><Refused {...state} /><Button busy={state.busy} onClick={() => void unschedule()}>{t.unschedule}</Button></>
  );
}

function Close({ survey, onDone }: { survey: string; onDone: () => void }) {
  const t = useWords(texts);
  const [asking, setAsking] = useState(false);
  const { run, ...state } = useAction(SurveyCloseEarly);
  async function close(): Promise<void> {
    if (!(await run({ input: { survey } }))) return;
    setAsking(false);
    onDone();
  }
  return (
    <>
      <Button kind="danger" onClick={() => setAsking(true)}>{t.close}</Button>
      {asking && (
        <Confirm title={t.closeTitle} action={t.closeNow} {...state} onConfirm={() => void close()} onClose={() => setAsking(false)}>
          {t.closeLead}
        </Confirm>
      )}
    </>
  );
}
