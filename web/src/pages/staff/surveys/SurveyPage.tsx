// A survey: its state, and its questionnaire to edit.

import { useState } from "react";
import { Link } from "wouter";
import type { EditedSurveyFragment } from "../../../../generated/manager";
import { Done, Notice, Shown, useAction, useRead, useWords, type PageProps } from "../../../base";
import { StaffPage } from "../StaffPage";
import { Editor } from "./Editor";
import { Preview } from "./Preview";
import { Standing } from "./Standing";
import { draftOf } from "./draft";
import { SurveyChoices, SurveyEdited, SurveyRevise } from "./manager/surveys";
import { texts } from "./texts";

export function Page({ parameters }: PageProps) {
  const t = useWords(texts);
  const read = useRead(SurveyEdited, { id: decodeURIComponent(parameters["id"] ?? "") });
  return (
    <StaffPage title={read.data?.survey?.title ?? t.surveys} section="surveys">
      <p><Link href="/staff/surveys">{t.back}</Link></p>
      <Shown read={read}>{({ survey }) => (survey ? <Edited key={survey.id} survey={survey} again={read.again} /> : <Notice>{t.unknown}</Notice>)}</Shown>
    </StaffPage>
  );
}

function Edited({ survey, again }: { survey: EditedSurveyFragment; again: () => void }) {
  const t = useWords(texts);
  const [saves, setSaves] = useState(0);
  const [dirty, setDirty] = useState(false);
  const [begun, setBegun] = useState(survey.revision); // what the fields began with
  const [revision, setRevision] = useState(survey.revision); // what is in them, as far as it is saved
  if (!dirty && survey.revision > revision) {
    // Somebody else has changed it, and nothing that was typed is lost.
    setBegun(survey.revision);
    setRevision(survey.revision);
  }
  const choices = useRead(SurveyChoices, {});
  const { run, ...state } = useAction(SurveyRevise);
  const isDraft = survey.status === "DRAFT";
  const changes = isDraft || survey.status === "WAITING" || survey.status === "OPEN";
  return (
    <>
      <Standing survey={survey} revision={revision} dirty={dirty} again={again} />
      {saves > 0 && !dirty && <Done key={saves}>{t.saved}</Done>}
      {!changes && <><Notice>{t.ended}</Notice><Preview questions={survey.questions.map(draftOf)} /></>}
      {changes && (
        <Shown read={choices}>{({ regions }) => (
          <Editor
            key={begun}
            survey={survey}
            regions={regions}
            submit={t.save}
            {...state}
            onDirty={setDirty}
            onSave={async ({ changes, settings }) => {
              const saved = await run({ survey: survey.id, revision, ...changes, ...(isDraft ? settings : {}) });
              if (saved?.survey) {
                setSaves(saves + 1);
                setRevision(saved.survey.revision);
              }
              return saved !== null;
            }}
          >
            {!isDraft && <Notice>{t.limited}</Notice>}
          </Editor>
        )}</Shown>
      )}
    </>
  );
}
