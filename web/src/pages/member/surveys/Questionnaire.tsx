// The questions of an open survey, then the review of the answers, and their submission.

import { useEffect, useRef, useState } from "react";
import { useClient } from "urql";
import { Button, Notice, Refused, useAction, useFormats, useWords, type Refusal } from "../../../base";
import { documentOf } from "../../../graph/client";
import { useAway } from "../../../graph/reach";
import { Question } from "./Question";
import { Review } from "./Review";
import { inputOf, isAccepted, questionOf, shownQuestions, type Answers, type Given } from "./answers";
import { useAutosave, type SaveState } from "./autosave";
import { SurveyCheck, SurveySave, SurveySubmit, type QuestionnaireFragment } from "./patient/surveys";
import { texts } from "./texts";

interface Props {
  survey: QuestionnaireFragment;
  answers: Answers;
  /** Answers that were submitted are changed by submitting them again, and not saved before. */
  submitted: boolean;
  onAnswer: (question: string, given: Given) => void;
  onSubmitted: () => void;
  again: () => void;
}

type Faults = Readonly<Record<string, readonly string[]>>;

export function Questionnaire({ survey, answers, submitted, onAnswer, onSubmitted, again }: Props) {
  const t = useWords(texts);
  const client = useClient();
  const list = useRef<HTMLDivElement>(null);
  const [faults, setFaults] = useState<Faults>({});
  const [others, setOthers] = useState<readonly Refusal[]>([]);
  const [step, setStep] = useState<{ review: boolean; focus?: string | undefined }>({ review: false, focus: submitted ? survey.questions[0]?.key : undefined });
  const [checking, setChecking] = useState(false);
  const [failed, setFailed] = useState(false);
  const away = useAway();
  const saving = useAction(SurveySave);
  const submitting = useAction(SurveySubmit);

  const shown = shownQuestions(survey.questions, answers);
  const accepted = shown.filter((question) => isAccepted(question, answers[question.key]));
  const state = useAutosave(submitted ? null : JSON.stringify(inputOf(accepted, answers)), async () => {
    const input = { survey: survey.id, version: survey.version, answers: inputOf(accepted, answers) };
    return (await saving.run(input)) !== null;
  });

  /** Puts each refusal at its question, and the focus at the first of these. Returns whether there is none. */
  function place(refusals: readonly Refusal[], sent: ReturnType<typeof inputOf>): boolean {
    const found: Record<string, string[]> = {};
    for (const { path, message } of refusals) {
      const key = questionOf(path, sent);
      const isMissing = path.length === 3; // the server's sentence has the question's key, which is for programs
      if (key !== undefined) (found[key] ??= []).push(isMissing ? t.missing : message);
    }
    setFaults(found);
    setOthers(refusals.filter(({ path }) => questionOf(path, sent) === undefined));
    if (refusals.some(({ path }) => path[1] === "version")) again();
    const first = shown.find(({ key }) => key in found);
    if (first) setStep({ review: false, focus: first.key });
    return refusals.length === 0;
  }

  async function check(): Promise<void> {
    const sent = inputOf(shown, answers);
    setChecking(true);
    const { data } = await client.query(documentOf(SurveyCheck), { input: { survey: survey.id, answers: sent } }, { requestPolicy: "network-only" }).toPromise();
    setChecking(false);
    setFailed(!data);
    if (data && place(data.surveyCheck.userErrors, sent)) setStep({ review: true });
  }

  async function submit(): Promise<void> {
    const sent = inputOf(shown, answers);
    if (await submitting.run({ survey: survey.id, version: survey.version, answers: sent })) onSubmitted();
  }

  useEffect(() => {
    if (submitting.refusals.length) place(submitting.refusals, inputOf(shown, answers));
  }, [submitting.refusals]);
  useEffect(() => {
    const { focus, review } = step;
    if (review) document.getElementById("review")?.focus();
    const found = [...(list.current?.querySelectorAll<HTMLElement>("[data-question]") ?? [])].find((each) => each.dataset["question"] === focus);
    found?.querySelector<HTMLElement>("input:not(:disabled), textarea")?.focus();
  }, [step]);

  if (step.review) {
    return (
      <>
        <h2 id="review" tabIndex={-1}>{t.review}</h2>
        <p>{t.reviewHint}</p>
        <Review questions={shown} answers={answers} onChange={(focus) => setStep({ review: false, focus })} />
        <Refused refusals={others} failure={submitting.failure} />
        <div className="form-end">
          <Button kind="primary" busy={submitting.busy} onClick={() => void submit()}>{t.submit}</Button>
          <Button onClick={() => setStep({ review: false })}>{t.backToQuestions}</Button>
        </div>
      </>
    );
  }
  return (
    <>
      <Bar done={accepted.length} all={shown.length} state={submitted ? "submitted" : state === "failed" && away ? "away" : state} />
      {state === "failed" && !away && <Refused refusals={saving.refusals} failure={saving.failure} />}
      <div ref={list}>{shown.map((question, number) => (
        <Question
          key={question.key}
          question={question}
          place={number + 1}
          given={answers[question.key]}
          faults={faults[question.key] ?? []}
          onChange={(given) => {
            setFaults(({ [question.key]: _, ...rest }) => rest);
            onAnswer(question.key, given);
          }}
        />
      ))}</div>
      {Object.keys(faults).length > 0 && <Notice kind="fault">{t.toCorrect}</Notice>}
      <Refused refusals={others} failure={failed ? { message: "" } : null} />
      <Button kind="primary" busy={checking} onClick={() => void check()}>{t.toReview}</Button>
    </>
  );
}

function Bar({ done, all, state }: { done: number; all: number; state: SaveState | "away" | "submitted" }) {
  const t = useWords(texts);
  const { number } = useFormats();
  return (
    <div className="survey-bar">
      <p id="survey-progress">{t.answered(number(done), number(all))}</p>
      <progress value={done} max={Math.max(all, 1)} aria-labelledby="survey-progress" />
      <p className="quiet" role="status">{t.saves[state]}</p>
    </div>
  );
}
