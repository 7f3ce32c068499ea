// A new survey, for a community to choose.

import { useLocation } from "wouter";
import { SelectField, Shown, useAction, useRead, useWords } from "../../../base";
import { StaffPage } from "../StaffPage";
import { Editor } from "./Editor";
import { SurveyChoices, SurveyCreate } from "./manager/surveys";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  return <StaffPage title={t.create} section="surveys"><New /></StaffPage>;
}

function New() {
  const t = useWords(texts);
  const [, navigate] = useLocation();
  const read = useRead(SurveyChoices, {});
  const { run, ...state } = useAction(SurveyCreate);
  return (
    <Shown read={read}>{({ communities, regions }) => (
      <Editor
        survey={null}
        regions={regions}
        submit={t.createNow}
        {...state}
        onSave={async ({ changes, settings, values }) => {
          const made = await run({ community: values["community"] ?? "", ...changes, ...settings });
          if (made?.survey) navigate(`/staff/surveys/${encodeURIComponent(made.survey.id)}`);
          return made !== null;
        }}
      >
        <SelectField name="community" label={t.community} options={communities.nodes.map(({ id, name }) => ({ value: id, label: name }))} />
      </Editor>
    )}</Shown>
  );
}
