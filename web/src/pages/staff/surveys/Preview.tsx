// A questionnaire as members see it, while it is written: with their component, and the rules of the graph.

import "../../member/surveys/surveys.css";

import { useState } from "react";
import { Choice, Section, useFormats, useLanguage, useWords, type Language } from "../../../base";
import { Question as Asked } from "../../member/surveys/Question";
import { shownQuestions, type Answers } from "../../member/surveys/answers";
import { inLanguage, inputOf, type Question, type Text } from "./draft";
import { texts } from "./texts";

export function Preview({ questions }: { questions: readonly Question[] }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const [language, setLanguage] = useState<Language>(useLanguage());
  const [answers, setAnswers] = useState<Answers>({});
  const asked = questions.map((question) => askedIn(question, language));
  const shown = shownQuestions(asked, answers);
  return (
    <Section id="preview" title={t.preview} lead={t.previewLead}>
      <div className="filters">
        <Choice
          label={t.previewIn}
          value={language}
          options={[{ value: "en", label: t.english }, { value: "fr", label: t.french }]}
          onChange={(chosen) => setLanguage(chosen === "fr" ? "fr" : "en")}
        />
      </div>
      <p className="quiet" role="status">{t.minimumShown(number(shown.length), number(asked.length))}</p>
      <div className="case preview" lang={language}>{shown.map((question, place) => (
        <Asked
          key={question.id}
          question={question}
          place={place + 1}
          given={answers[question.key]}
          faults={[]}
          onChange={(given) => setAnswers({ ...answers, [question.key]: given })}
        />
      ))}</div>
    </Section>
  );
}

/** A question as the graph would return it in a language: in English where it is not translated. */
function askedIn(question: Question, language: Language) {
  const { id, key, kind, required } = question;
  const { minimum = null, maximum = null, maxChoices = null, visibleWhen } = inputOf(question);
  const of = (text: Text): string => inLanguage(text, language);
  return {
    id,
    key,
    kind,
    required,
    minimum,
    maximum,
    maxChoices,
    text: of(question.text) || key,
    help: of(question.help) || null,
    options: question.options.map(({ code, label }) => ({ code, label: of(label) || code })),
    visibleWhen: visibleWhen ?? [],
  };
}
