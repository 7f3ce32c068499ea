// What the member has submitted, to change or to withdraw until the survey closes.

import { Button, ConfirmButton, Done, Notice, useFormats, useWords } from "../../../base";
import { Review } from "./Review";
import { shownQuestions, type Answers } from "./answers";
import { SurveyWithdraw, type QuestionnaireFragment } from "./patient/surveys";
import { texts } from "./texts";

interface Props {
  survey: QuestionnaireFragment;
  answers: Answers;
  /** Whether that was just now: the notice then takes the focus, because the button is gone. */
  justNow: boolean;
  onChange: () => void;
  onWithdrawn: () => void;
}

export function Submitted({ survey, answers, justNow, onChange, onWithdrawn }: Props) {
  const t = useWords(texts);
  const { time } = useFormats();
  const completed = survey.participation?.completedAt;
  const thanks = completed ? t.thanks(time(completed)) : t.thanksNow;
  return (
    <>
      {justNow ? <Done>{thanks}</Done> : <Notice kind="good">{thanks}</Notice>}
      <Review questions={shownQuestions(survey.questions, answers)} answers={answers} />
      <div className="form-end">
        <Button onClick={onChange}>{t.changeAnswers}</Button>
        <ConfirmButton
          button={t.withdraw}
          title={t.withdraw}
          action={t.withdraw}
          mutation={SurveyWithdraw}
          input={{ survey: survey.id }}
          onDone={onWithdrawn}
        >
          {t.withdrawMeans}
        </ConfirmButton>
      </div>
    </>
  );
}
