// A question while it is edited: texts in both languages, the kind of answer with its options or limits, and when it is shown.

import { useEffect, useRef } from "react";
import { Button, Check, Choice, optionsOf, TextField, useFormats, useLanguage, useWords } from "../../../base";
import { Bilingual } from "./Bilingual";
import { Refusals } from "./Refusals";
import { RuleEditor } from "./RuleEditor";
import { hasLimits, hasOptions, inLanguage, KINDS, newOption, newRule, type Option, type Question } from "./draft";
import { texts } from "./texts";

interface Props {
  question: Question;
  place: number;
  all: readonly Question[];
  /** Whether the server refused something of it: it is then unfolded. */
  refused: boolean;
  isNew: boolean;
  onChange: (question: Question) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

export function QuestionEditor({ question, place, all, refused, isNew, onChange, onMove, onRemove }: Props) {
  const t = useWords(texts);
  const { number } = useFormats();
  const language = useLanguage();
  const box = useRef<HTMLDetailsElement>(null);
  const path = `questions.${place}`;
  const others = all.filter((each) => each !== question);
  const set = (changed: Partial<Question>): void => onChange({ ...question, ...changed });
  /** A field for what the question has by that name. */
  const field = (name: "minimum" | "maximum" | "bins" | "maxChoices", more: { hint?: string; type?: "number"; required?: boolean }) => (
    <TextField name={`${path}.${name}`} label={t[name]} inputMode="decimal" initial={question[name]} onChange={(value) => set({ [name]: value })} {...more} />
  );
  useEffect(() => {
    if (refused && box.current) box.current.open = true;
  }, [refused]);
  useEffect(() => {
    if (isNew && box.current) box.current.open = true;
  }, []);
  return (
    <details ref={box} className="case question-editor">
      <summary>{t.question(number(place + 1), inLanguage(question.text, language))}</summary>
      <Refusals path={path} />
      <Bilingual label={t.text} required value={question.text} path={`${path}.text`} frenchPath={`${path}.translations.0.text`} onChange={(text) => set({ text })} />
      <Bilingual label={t.help} value={question.help} path={`${path}.help`} frenchPath={`${path}.translations.0.help`} onChange={(help) => set({ help })} />
      <div className="bilingual">
        <TextField name={`${path}.key`} label={t.key} hint={t.keyHint} required initial={question.key} onChange={(key) => set({ key: key.trim() })} />
        <div>
          <Choice
            label={t.kind}
            value={question.kind}
            options={optionsOf(t.questionKinds, KINDS)}
            onChange={(value) => set({ kind: KINDS.find((each) => each === value) ?? question.kind })}
          />
          <Refusals path={`${path}.kind`} />
        </div>
      </div>
      <Check checked={question.required} onChange={(required) => set({ required })}>{t.required}</Check>
      {hasOptions(question.kind) && <Options question={question} path={path} onChange={(options) => set({ options })} />}
      {hasLimits(question.kind) && (
        <div className="bilingual">
          {field("minimum", { required: question.kind === "SCALE" })}
          {field("maximum", { required: question.kind === "SCALE" })}
        </div>
      )}
      {question.kind === "NUMBER" && field("bins", { hint: t.binsHint })}
      {question.kind === "MULTIPLE_CHOICE" && field("maxChoices", { type: "number", required: true })}
      <fieldset className="part">
        <legend>{t.rules}</legend>
        {question.rules.length > 1 && <p className="hint">{t.allHold}</p>}
        <Refusals path={`${path}.visibleWhen`} />
        {question.rules.map((rule, at) => (
          <RuleEditor
            key={rule.id}
            rule={rule}
            path={`${path}.visibleWhen.${at}`}
            name={t.rule(number(at + 1))}
            others={others}
            onChange={(changed) => set({ rules: question.rules.map((each) => (each === rule ? changed : each)) })}
            onRemove={() => set({ rules: question.rules.filter((each) => each !== rule) })}
          />
        ))}
        <Button disabled={others.length === 0} onClick={() => set({ rules: [...question.rules, newRule(others[0]?.key ?? "")] })}>
          {t.addRule}
        </Button>
      </fieldset>
      <div className="actions">
        <Button disabled={place === 0} onClick={() => onMove(-1)}>{t.up}</Button>
        <Button disabled={place === all.length - 1} onClick={() => onMove(1)}>{t.down}</Button>
        <Button kind="danger" disabled={all.length === 1} onClick={onRemove}>{t.removeQuestion}</Button>
      </div>
    </details>
  );
}

function Options({ question, path, onChange }: { question: Question; path: string; onChange: (options: readonly Option[]) => void }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const { options } = question;
  const set = (option: Option, changed: Partial<Option>): void => onChange(options.map((each) => (each === option ? { ...option, ...changed } : each)));
  return (
    <fieldset className="part">
      <legend>{t.options}</legend>
      <Refusals path={`${path}.options`} />
      {options.map((option, at) => (
        <div key={option.id} className="option" role="group" aria-label={t.option(number(at + 1))}>
          <TextField name={`${path}.options.${at}.code`} label={t.code} required initial={option.code} onChange={(code) => set(option, { code: code.trim() })} />
          <Bilingual
            label={t.option(number(at + 1))}
            required
            value={option.label}
            path={`${path}.options.${at}.label`}
            frenchPath={`${path}.options.${at}.translations.0.label`}
            onChange={(label) => set(option, { label })}
          />
          <Button
            kind="link"
            disabled={options.length <= 2}
            label={t.removeThis(t.option(number(at + 1)))}
            onClick={() => onChange(options.filter((each) => each !== option))}
          >
            {t.remove}
          </Button>
        </div>
      ))}
      <Button onClick={() => onChange([...options, newOption(freeCode(options))])}>{t.addOption}</Button>
    </fieldset>
  );
}

/** A letter, or later a number, that no option has. */
function freeCode(options: readonly Option[]): string {
  const free = [..."abcdefghijklmnopqrstuvwxyz"].find((letter) => !options.some(({ code }) => code === letter));
  return free ?? `o${options.length + 1}`;
}
