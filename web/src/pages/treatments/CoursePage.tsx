// One treatment of the viewer: its evaluation, and its end.

import "./treatments.css";

import { useState } from "react";
import { Link } from "wouter";
import {
  Button, Missing, MutationForm, optionsOf, PageTitle, RadioField, Section, SelectField, Shown, TextField, useFormats,
  useRead, useWords, type PageProps, type Values,
} from "../../base";
import { today } from "../diary/days";
import { texts as ownTexts } from "../own/texts";
import { Evaluate } from "./Evaluate";
import { Summary } from "./ListPage";
import { Course, CourseEnd, OwnCourseEnd, type CourseTextFragment } from "./patient/treatments";
import { texts } from "./texts";

export function Page({ parameters }: PageProps) {
  const t = useWords(texts);
  const own = useWords(ownTexts);
  const read = useRead(Course, { id: parameters["id"] ?? "" });
  return (
    <>
      <Shown read={read}>{({ node }) => node && "treatment" in node ? (
        <>
          <PageTitle>{node.treatment.name}</PageTitle>
          <Summary course={node} />
          <Evaluation course={node} />
          {!node.endedOn && <End course={node.id} />}
        </>
      ) : node && "ownTreatment" in node ? (
        <>
          <PageTitle>{node.ownTreatment.name}</PageTitle>
          <Summary course={node} />
          <p className="quiet">{t.ownHint} <Link href="/me/own">{own.manage}</Link></p>
          {!node.endedOn && <End course={node.id} own />}
        </>
      ) : (
        <Missing title={t.missing} text={t.unknown} />
      )}</Shown>
      <p className="after-form"><Link href="/me/treatments">{t.back}</Link></p>
    </>
  );
}

function Evaluation({ course }: { course: CourseTextFragment }) {
  const t = useWords(texts);
  const { date, number } = useFormats();
  const [isChanging, setChanging] = useState(false);
  const { evaluation } = course;
  if (!evaluation || isChanging) return <Evaluate course={course.id} earlier={evaluation} onDone={() => setChanging(false)} />;
  return (
    <Section className="panel" id="evaluation" title={t.evaluated(date(evaluation.evaluatedOn))}>
      <dl className="ratings">{(["effectiveness", "convenience", "satisfaction"] as const).map((each) => (
        <div key={each}><dt>{t[each]}</dt><dd>{t.of(number(evaluation[each]))}</dd></div>
      ))}</dl>
      {evaluation.sideEffects.length > 0 && (
        <>
          <h3>{t.sideEffects}</h3>
          <ul>{evaluation.sideEffects.map(({ indicator, severity, serious }) => (
            <li key={indicator.id}>{[indicator.name, t.severities[severity], serious && t.serious].filter(Boolean).join(" · ")}</li>
          ))}</ul>
        </>
      )}
      {evaluation.comment && <p dir="auto">{evaluation.comment}</p>}
      <Button onClick={() => setChanging(true)}>{t.evaluateAgain}</Button>
    </Section>
  );
}

type Ending = keyof typeof texts.en.endings;
type Reason = keyof typeof texts.en.reasons;

function End({ course, own = false }: { course: string; own?: boolean }) {
  const t = useWords(texts);
  const [status, setStatus] = useState<Ending>("COMPLETED");

  function given({ endedOn = "", reason }: Values) {
    return { endedOn, status, reason: status === "STOPPED" ? (reason as Reason) : null };
  }

  const form = {
    submit: t.save,
    children: (
      <>
        <RadioField
          name="status"
          label={t.how}
          initial={status}
          options={optionsOf(t.endings)}
          onChange={(value) => setStatus(value as Ending)}
        />
        {status === "STOPPED" && <SelectField name="reason" label={t.reason} options={optionsOf(t.reasons)} />}
        <TextField name="endedOn" type="date" label={t.endedOn} initial={today()} required />
      </>
    ),
  };
  return (
    <Section id="end" title={t.end} lead={t.doctor}>
      {own ? (
        <MutationForm mutation={OwnCourseEnd} input={(values) => ({ ownCourse: course, ...given(values) })} {...form} />
      ) : (
        <MutationForm mutation={CourseEnd} input={(values) => ({ course, ...given(values) })} {...form} />
      )}
    </Section>
  );
}
