// A survey: what it is about, then its questions, which are saved as they are answered, a review, and what was submitted.

import "./surveys.css";

import { useEffect, useRef, useState } from "react";
import {
  AccountLanguage, Loading, Missing, Notice, PageTitle, Shown, useFormats, useRead, useWords, type PageProps,
} from "../../../base";
import { texts as kinds } from "../data/texts";
import { Obstacle } from "./Obstacle";
import { Questionnaire } from "./Questionnaire";
import { Submitted } from "./Submitted";
import { merged, stored, type Answers } from "./answers";
import { Survey, type ParticipantFragment, type QuestionnaireFragment } from "./patient/surveys";
import { obstacle } from "./standing";
import { texts } from "./texts";

export function Page({ parameters: { id = "" } }: PageProps) {
  return <SurveyOf key={id} id={id} />;
}

function SurveyOf({ id }: { id: string }) {
  const t = useWords(texts);
  const read = useRead(Survey, { id });
  // Stays here while the survey is read again, such as in another language.
  const [answers, setAnswers] = useState<Answers | null>(null);
  const fresh = read.data && !read.loading && !read.failure ? read.data.survey : null;

  const known = useRef<Answers>({}); // by the server, when it was last read
  const { again } = read;

  useEffect(() => {
    // What is in the cache may be older than what another device has saved.
    if (!fresh) return;
    const [before, saved] = [known.current, stored(fresh.participation?.answers ?? [])];
    known.current = saved;
    setAnswers((given) => (given ? merged(given, before, saved) : saved));
  }, [fresh]);

  // A save has all answers: whoever comes back to this window must not undo what they have answered in another one.
  useEffect(() => {
    addEventListener("focus", again);
    return () => removeEventListener("focus", again);
  }, [again]);

  return (
    <Shown read={read}>{({ survey, me }) => survey ? (
      <>
        <Introduction survey={survey} />
        {survey.status === "OPEN" ? (
          <Open {...{ survey, me, answers, setAnswers }} again={read.again} />
        ) : (
          <Notice>{survey.status === "WAITING" ? t.waiting : t.closed}</Notice>
        )}
      </>
    ) : (
      <Missing title={t.unknown} text={t.unknownHint} />
    )}</Shown>
  );
}

function Introduction({ survey }: { survey: QuestionnaireFragment }) {
  const t = useWords(texts);
  const k = useWords(kinds);
  const { date, percent } = useFormats();
  const recipients = survey.offeredTo.map((kind) => k.kinds[kind]).join(", ");
  return (
    <>
      <div className="form-end language"><span className="quiet">{survey.community.name}</span><AccountLanguage /></div>
      <PageTitle lead={survey.description}>{survey.title}</PageTitle>
      <details className="card">
        <summary>{t.whatBecomes}</summary>
        <p>{t.recipients(recipients)}</p>
        <p>{t.guess(percent(survey.guess, 1))}</p>
        {survey.closesOn && <p>{t.untilLong(date(survey.closesOn))}</p>}
      </details>
    </>
  );
}

interface OpenProps {
  survey: QuestionnaireFragment;
  me: ParticipantFragment;
  answers: Answers | null;
  setAnswers: (answers: Answers) => void;
  again: () => void;
}

function Open({ survey, me, answers, setAnswers, again }: OpenProps) {
  const submitted = survey.participation?.status === "COMPLETED";
  const [changes, setChanges] = useState(false);
  const [justNow, setJustNow] = useState(false);
  const hinders = obstacle(survey, me);

  if (submitted && !changes && answers) {
    return <Submitted {...{ survey, answers, justNow }} onChange={() => setChanges(true)} onWithdrawn={() => setAnswers({})} />;
  }
  if (hinders) return <Obstacle kind={hinders} />;
  if (!answers) return <Loading />;
  return (
    <Questionnaire
      survey={survey}
      answers={answers}
      submitted={submitted}
      onAnswer={(question, given) => setAnswers({ ...answers, [question]: given })}
      onSubmitted={() => (setChanges(false), setJustNow(true))}
      again={again}
    />
  );
}
