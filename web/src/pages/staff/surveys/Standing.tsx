// How far a survey has come: whether enough members consent, how many have answered, and what can be done with it.

import type { EditedSurveyFragment } from "../../../../generated/manager";
import {
  ConfirmButton, MutationButton, MutationForm, Notice, Section, Table, TextField, useDone, useFormats, usePolled,
  useWords,
} from "../../../base";
import { SurveyCloseEarly, SurveySchedule, SurveyUnschedule } from "./manager/surveys";
import { texts } from "./texts";

const CAP = "200000"; // micro-rho

interface Props {
  survey: EditedSurveyFragment;
  /** The revision that is shown. */
  revision: number;
  /** Whether something has changed that is not saved. */
  dirty: boolean;
  again: () => void;
}

export function Standing({ survey, revision, dirty, again }: Props) {
  const t = useWords(texts);
  const { number } = useFormats();
  const [done, finish] = useDone(again);
  const { readiness } = survey.community;
  return (
    <Section className="case" id="standing" title={<>{t.standing} <span className="badge">{t.statuses[survey.status]}</span></>}>
      <p>
        {survey.community.name}
        <br />
        {t.ready(number(readiness.consenting), number(readiness.needed))}{" "}
        <span className={readiness.ready ? "badge good" : "badge bad"}>{readiness.ready ? t.isReady : t.notReady}</span>
      </p>
      <Progress survey={survey} />
      {done}
      {survey.status === "DRAFT" && dirty && <Notice>{t.firstSave}</Notice>}
      {survey.status === "DRAFT" && !dirty && (
        <MutationForm
          submit={t.schedule}
          mutation={SurveySchedule}
          input={({ cap }) => ({ survey: survey.id, revision, cap: Number(cap) })}
          onDone={() => finish(t.scheduled)}
        >
          <TextField name="cap" label={t.budget} hint={t.budgetHint} type="number" initial={CAP} required />
        </MutationForm>
      )}
      {survey.status === "WAITING" && (
        <MutationButton
          mutation={SurveyUnschedule}
          input={{ survey: survey.id }}
          onDone={() => finish(t.unscheduled)}
        >
          {t.unschedule}
        </MutationButton>
      )}
      {survey.status === "OPEN" && (
        <ConfirmButton
          button={t.close}
          title={t.closeTitle}
          action={t.closeNow}
          mutation={SurveyCloseEarly}
          input={{ survey: survey.id }}
          onDone={() => finish(t.closed)}
        >
          {t.closeLead}
        </ConfirmButton>
      )}
      <Frozen survey={survey} again={again} />
    </Section>
  );
}

/** What became of the answers; while they are being frozen, how far that has come. */
function Frozen({ survey: { status, dataset, noDataset }, again }: { survey: EditedSurveyFragment; again: () => void }) {
  const t = useWords(texts);
  const { percent } = useFormats();
  const isFreezing = status === "CLOSED" && !noDataset && (!dataset || dataset.status === "FREEZING");
  usePolled(isFreezing, again);
  if (isFreezing) return <Notice>{t.freezing(percent((dataset?.progress ?? 0) / 100))}</Notice>;
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

