// All surveys, drafts included.

import { useState } from "react";
import { Link } from "wouter";
import type { SurveyStatus } from "../../../../generated/manager";
import { Paged, Table, useFormats, usePaged, useWords } from "../../../base";
import { StaffPage } from "../StaffPage";
import { StatusFilter } from "../StatusFilter";
import { SurveyList } from "./manager/surveys";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const { date } = useFormats();
  const [status, setStatus] = useState<SurveyStatus | null>(null);
  const list = usePaged(SurveyList, { status });
  return (
    <StaffPage title={t.surveys} section="surveys">
      <p><Link href="/staff/surveys/new" className="button primary">{t.create}</Link></p>
      <StatusFilter names={t.statuses} initial={status} onChange={setStatus} />
      <Paged list={list} of={(data) => data.surveys}>{(nodes) => (
        <Table caption={t.surveys} rows={nodes} columns={[
          { title: t.name, cell: (survey) => <Link href={`/staff/surveys/${encodeURIComponent(survey.id)}`}>{survey.title}</Link> },
          { title: t.community, cell: (survey) => survey.community.name },
          { title: t.status, cell: (survey) => <span className="badge">{t.statuses[survey.status]}</span> },
          { title: t.opens, cell: (survey) => (survey.opensOn ? date(survey.opensOn) : t.anyDay) },
          { title: t.closes, cell: (survey) => (survey.closesOn ? date(survey.closesOn) : t.anyDay) },
        ]} />
      )}</Paged>
    </StaffPage>
  );
}
