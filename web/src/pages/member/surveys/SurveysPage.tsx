// The surveys that are open to the member, and those that they took part in.

import { useState } from "react";
import { Link } from "wouter";
import { Notice, PageTitle, Shown, Table, useFormats, useLive, useRead, useWords } from "../../../base";
import { SurveyOpened, Surveys } from "./patient/surveys";
import { obstacle } from "./standing";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const { date } = useFormats();
  const read = useRead(Surveys, {});
  const [opened, setOpened] = useState(false);
  useLive(SurveyOpened, {}, () => {
    setOpened(true);
    read.again();
  });
  return (
    <>
      <PageTitle lead={t.lead}>{t.title}</PageTitle>
      {opened && <Notice>{t.opened}</Notice>}
      <Shown read={read}>{({ me }) => {
        const all = me.memberships.flatMap(({ community }) => community.surveys.nodes);
        const open = all.filter((survey) => obstacle(survey, me) !== "conditions");
        const past = me.participations.filter(({ survey }) => survey.status !== "OPEN");
        return (
          <>
            <h2>{t.open}</h2>
            {open.length === 0 && (
              <p>{t.none} {me.memberships.length === 0 && <Link href="/communities">{t.findCommunity}</Link>}</p>
            )}
            <ul className="cards">{open.map((survey) => (
              <li key={survey.id}>
                <Link href={`/me/surveys/${survey.id}`} className="card">
                  <strong>{survey.title}</strong>
                  <p>{survey.community.name}</p>
                  <p>{survey.description}</p>
                  <p>
                    <strong>{obstacle(survey, me) ? t.needsConsent : t.progress[survey.participation?.status ?? "INVITED"]}</strong>
                    {survey.closesOn && ` · ${t.until(date(survey.closesOn))}`}
                  </p>
                </Link>
              </li>
            ))}</ul>
            <h2>{t.past}</h2>
            <Table caption={t.past} rows={past} columns={[
              { title: t.survey, cell: ({ survey }) => survey.title },
              { title: t.community, cell: ({ survey }) => survey.community.name },
              { title: t.yours, cell: ({ status }) => t.progress[status] },
              { title: t.submittedOn, cell: ({ completedAt }) => (completedAt ? date(completedAt) : "") },
            ]} />
            <p className="after-form"><Link href="/me/data">{t.whereTo}</Link></p>
          </>
        );
      }}</Shown>
    </>
  );
}
