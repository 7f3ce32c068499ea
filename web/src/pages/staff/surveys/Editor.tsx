// Edits a survey: its texts in both languages, its questions, whom it is for, and a preview of what is written.

import "./surveys.css";

import { useEffect, useState, type ReactNode } from "react";
import type { EditedSurveyFragment, OrganizationKind, SurveyCreateInput } from "../../../../generated/manager";
import {
  Button, ChecksField, Form, Notice, optionsOf, TextField, ticked, useFormats, useWords, type Failure, type Refusal,
  type Values,
} from "../../../base";
import { Bilingual } from "./Bilingual";
import { eligibilityOf, Eligible } from "./Eligible";
import { Preview } from "./Preview";
import { QuestionEditor } from "./QuestionEditor";
import { Refusals } from "./Refusals";
import { draftOf, inputOf, missing, newQuestion, titleOf, type Question } from "./draft";
import { texts } from "./texts";

const ORGANIZATIONS = ["LABORATORY", "HOSPITAL", "MUTUAL", "INSURER"] as const satisfies readonly OrganizationKind[];
const FEWEST = 200; // members who must be able to answer, at least

type Changes = Pick<SurveyCreateInput, "title" | "description" | "questions" | "closesOn" | "translations">;
type Settings = Pick<SurveyCreateInput, "opensOn" | "minimumParticipants" | "offeredTo" | "eligibility">;

interface Props {
  /** Null for a new one. */
  survey: EditedSurveyFragment | null;
  regions: readonly string[];
  submit: string;
  /** `settings` can change in a draft only. Returns whether it was saved. */
  onSave: (saved: { changes: Changes; settings: Settings; values: Record<string, string> }) => Promise<boolean>;
  onDirty?: (dirty: boolean) => void;
  busy: boolean;
  refusals: readonly Refusal[];
  failure: Failure | null;
  children?: ReactNode;
}

export function Editor({ survey, regions, submit, onSave, onDirty, children, ...state }: Props) {
  const t = useWords(texts);
  const { number } = useFormats();
  const [title, setTitle] = useState(() => titleOf(survey, "title"));
  const [description, setDescription] = useState(() => titleOf(survey, "description"));
  const [questions, setQuestions] = useState<readonly Question[]>(() => survey?.questions.map(draftOf) ?? [newQuestion([])]);
  const [treatments, setTreatments] = useState(survey?.eligibility?.treatments ?? []);
  const [dirty, setDirty] = useState(false);
  const isDraft = survey === null || survey.status === "DRAFT";
  const untranslated = missing({ title, description }, questions);

  useEffect(() => onDirty?.(dirty), [dirty]);
  useEffect(() => {
    if (!dirty) return undefined;
    const ask = (event: Event): void => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [dirty]);

  /** Puts a question in the place of another; what refers to its key follows. */
  function change(place: number, changed: Question): void {
    const before = questions[place]?.key;
    const renamed = (each: Question): Question => ({
      ...each,
      rules: each.rules.map((rule) => (rule.question === before ? { ...rule, question: changed.key } : rule)),
    });
    edit(questions.map((each, at) => (at === place ? changed : before === changed.key ? each : renamed(each))));
  }

  function edit(changed: readonly Question[]): void {
    setQuestions(changed);
    setDirty(true);
  }

  function move(place: number, by: -1 | 1): void {
    const moved = [...questions];
    const [question] = moved.splice(place, 1);
    if (question) moved.splice(place + by, 0, question);
    edit(moved);
  }

  async function save(values: Values): Promise<void> {
    const translated = title.fr || description.fr;
    const changes: Changes = {
      title: title.en,
      description: description.en,
      translations: translated ? [{ language: "FR", title: title.fr, description: description.fr }] : null,
      questions: questions.map(inputOf),
      closesOn: values["closesOn"] ?? "",
    };
    const settings: Settings = {
      opensOn: values["opensOn"] || null,
      offeredTo: ticked(values, "offeredTo", ORGANIZATIONS),
      eligibility: eligibilityOf(values, regions, treatments),
      ...(values["minimumParticipants"] && { minimumParticipants: Number(values["minimumParticipants"]) }),
    };
    if (await onSave({ changes, settings, values })) setDirty(false);
  }

  return (
    <div className="survey-editor">
      <div onChange={() => setDirty(true)}>
      <Form submit={submit} {...state} onSubmit={(values) => void save(values)}>
        {children}
        <Bilingual label={t.name} required value={title} path="title" frenchPath="translations.0.title" onChange={setTitle} />
        <Bilingual
          label={t.description}
          hint={t.descriptionHint}
          rows={4}
          required
          value={description}
          path="description"
          frenchPath="translations.0.description"
          onChange={setDescription}
        />
        <div className="bilingual">
          {isDraft && <TextField name="opensOn" label={t.opens} hint={t.opensHint} type="date" initial={survey?.opensOn ?? ""} />}
          <TextField name="closesOn" label={t.closes} type="date" required initial={survey?.closesOn ?? ""} />
        </div>
        {isDraft && (
          <>
            <ChecksField
              name="offeredTo"
              label={t.offered}
              options={optionsOf(t.organizations, ORGANIZATIONS)}
              initial={survey?.offeredTo ?? []}
            />
            <details className="case">
              <summary>{t.eligibility}</summary>
              <TextField
                name="minimumParticipants"
                label={t.participants}
                hint={t.participantsHint(number(survey?.community.readiness.needed ?? FEWEST))}
                type="number"
                initial={String(survey?.minimumParticipants ?? "")}
              />
              <Eligible eligibility={survey?.eligibility ?? null} regions={regions} treatments={treatments} onTreatments={setTreatments} />
            </details>
          </>
        )}
        <div>
          <h2 id="questions">{t.questions}</h2>
          <Refusals path="questions" />
          {questions.map((question, place) => (
            <QuestionEditor
              key={question.id}
              question={question}
              place={place}
              all={questions}
              refused={state.refusals.some(({ path }) => path[1] === "questions" && path[2] === String(place))}
              isNew={survey === null || !survey.questions.some(({ key }) => key === question.key)}
              onChange={(changed) => change(place, changed)}
              onMove={(by) => move(place, by)}
              onRemove={() => edit(questions.filter((each) => each !== question))}
            />
          ))}
          <Button onClick={() => edit([...questions, newQuestion(questions)])}>{t.addQuestion}</Button>
        </div>
        {untranslated.all > 0 && <Notice>{untranslated.french ? t.absent(number(untranslated.french), number(untranslated.all)) : t.complete}</Notice>}
      </Form>
      </div>
      <Preview questions={questions} />
    </div>
  );
}
