// The answers to a survey, to read before they are submitted, and afterwards.

import { Button, useFormats, useWords } from "../../../base";
import { isAnswered, NONE, takesOptions, type Answers, type Given } from "./answers";
import type { AskedFragment } from "./patient/surveys";
import { texts } from "./texts";

interface Props {
  questions: readonly AskedFragment[];
  answers: Answers;
  /** Without it, the answers cannot be changed. */
  onChange?: (question: string) => void;
}

export function Review({ questions, answers, onChange }: Props) {
  const t = useWords(texts);
  return (
    <dl className="review">{questions.map((question) => (
      <div key={question.key}>
        <dt>{question.text}</dt>
        <dd>
          <Answer question={question} given={answers[question.key]} />
          {onChange && (
            <Button kind="link" label={`${t.change} – ${question.text}`} onClick={() => onChange(question.key)}>{t.change}</Button>
          )}
        </dd>
      </div>
    ))}</dl>
  );
}

function Answer({ question, given = NONE }: { question: AskedFragment; given: Given | undefined }) {
  const t = useWords(texts);
  const { number, date } = useFormats();
  if (!isAnswered(question, given)) return <span className="quiet">{t.unanswered}</span>;
  if (takesOptions(question)) {
    const labels = question.options.filter((option) => given.codes.includes(option.code)).map((option) => option.label);
    return <span>{labels.join(" · ")}</span>;
  }
  if (question.kind === "TEXT") return <span className="answer-text" dir="auto">{given.typed}</span>;
  return <span>{question.kind === "DATE" ? date(given.typed) : number(Number(given.typed), { useGrouping: false })}</span>;
}
