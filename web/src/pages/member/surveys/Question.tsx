// A question of a survey, with the control that fits its kind of answer.

import { useId, useState, type ReactNode } from "react";
import { Button, Hint, Refusals, useFormats, useLanguage, useWords } from "../../../base";
import { numberIn } from "../../../text/numbers";
import { FIRST_DAY, isAccepted, isAnswered, LAST_DAY, LONGEST, NONE, takesOptions, type Given } from "./answers";
import type { AskedFragment } from "./patient/surveys";
import { texts } from "./texts";

const MOST_BUTTONS = 11; // of a scale: with more values, its number is typed

interface Props {
  question: AskedFragment;
  /** Among the questions that are shown, from 1. */
  place: number;
  given: Given | undefined;
  faults: readonly string[];
  onChange: (given: Given) => void;
}

export function Question({ question, place, given = NONE, faults, onChange }: Props) {
  const t = useWords(texts);
  const limitsOf = useLimits();
  const id = useId();
  const found = isAnswered(question, given) && !isAccepted(question, given) ? [t.unaccepted, ...faults] : faults;
  const scale = question.kind === "SCALE" ? valuesOf(question) : [];
  const help = [question.help, scale.length ? null : limitsOf(question)].filter(Boolean).join(" ");
  const controls = { id, "aria-describedby": `${help && `${id}-hint `}${id}-fault`, "aria-invalid": found.length > 0 ? (true as const) : undefined };
  const grouped = takesOptions(question) || scale.length > 0;
  const title = (
    <>
      <span className="quiet">{place}.</span> {question.text} {!question.required && <span className="quiet">{t.optional}</span>}
    </>
  );
  const rest = (control: ReactNode): ReactNode => (
    <>
      {help && (
        <Hint id={id}>{help}</Hint>
      )}
      {control}
      {grouped && !question.required && isAnswered(question, given) && (
        <Button kind="link" onClick={() => onChange(NONE)}>{t.clear}</Button>
      )}
      <Refusals id={id} messages={found} />
    </>
  );
  if (grouped) {
    const several = question.kind === "MULTIPLE_CHOICE";
    const isInvalid = controls["aria-invalid"];
    const state = several ? {} : { role: "radiogroup", "aria-invalid": isInvalid }; // one of several boxes can be invalid, and no radio button
    return (
      <fieldset className="field question" data-question={question.key} aria-describedby={controls["aria-describedby"]} {...state}>
        <legend>{title}</legend>
        {rest(scale.length ? <Scale {...{ question, given, onChange, scale, id }} /> : <Options {...{ question, given, onChange, id, isInvalid }} />)}
      </fieldset>
    );
  }
  const shared = { ...controls, value: given.typed, onChange: (event: { target: { value: string } }) => onChange({ codes: [], typed: event.target.value }) };
  return (
    <div className="field question" data-question={question.key}>
      <label htmlFor={id}>{title}</label>
      {rest(
        question.kind === "TEXT" ? <textarea {...shared} dir="auto" rows={4} maxLength={LONGEST} /> : question.kind === "DATE" ? (
          <input {...shared} type="date" min={FIRST_DAY} max={LAST_DAY} />
        ) : (
          <NumberInput controls={controls} given={given} onChange={onChange} />
        ),
      )}
    </div>
  );
}

interface NumberProps {
  controls: { id: string };
  given: Given;
  onChange: (given: Given) => void;
}

/** A number, typed in the manner of the reader's language. A browser's own field of numbers makes `125` of `12,5` in the other one. */
function NumberInput({ controls, given, onChange }: NumberProps) {
  const language = useLanguage();
  const { number } = useFormats();
  const [text, setText] = useState("");
  const meant = (typed: string): string => String(numberIn(typed, language) ?? typed.trim());
  const known = Number.isFinite(Number(given.typed || NaN)) ? number(Number(given.typed), { useGrouping: false, maximumFractionDigits: 20 }) : given.typed;

  function change(typed: string): void {
    setText(typed);
    onChange({ codes: [], typed: meant(typed) });
  }

  return (
    <input
      {...controls}
      type="text"
      dir="auto"
      inputMode="decimal"
      autoComplete="off"
      value={meant(text) === given.typed ? text : known}
      onChange={(event) => change(event.target.value)}
    />
  );
}

interface ChoiceProps {
  question: AskedFragment;
  given: Given;
  onChange: (given: Given) => void;
  id: string;
}

function Options({ question, given, onChange, id, isInvalid }: ChoiceProps & { isInvalid: true | undefined }) {
  const several = question.kind === "MULTIPLE_CHOICE";
  const full = several && question.maxChoices !== null && given.codes.length >= question.maxChoices;
  return question.options.map(({ code, label }) => {
    const chosen = given.codes.includes(code);
    const others = several ? given.codes.filter((each) => each !== code) : [];
    return (
      <label key={code} className="choice">
        <input
          type={several ? "checkbox" : "radio"}
          name={id}
          value={code}
          checked={chosen}
          disabled={full && !chosen}
          aria-invalid={(several && isInvalid) || undefined}
          onChange={() => onChange({ codes: chosen ? others : [...others, code], typed: "" })}
        />
        {label}
      </label>
    );
  });
}

function Scale({ given, onChange, scale, id }: ChoiceProps & { scale: readonly number[] }) {
  return (
    <div className="scale">{scale.map((value) => (
      <label key={value}>
        <input
          type="radio"
          name={id}
          value={value}
          checked={given.typed !== "" && Number(given.typed) === value}
          onChange={() => onChange({ codes: [], typed: String(value) })}
        />
        <span>{value}</span>
      </label>
    ))}</div>
  );
}

/** The values of a scale; none if they are too many to show. */
function valuesOf({ minimum, maximum }: AskedFragment): readonly number[] {
  if (minimum === null || maximum === null || maximum - minimum >= MOST_BUTTONS) return [];
  return Array.from({ length: Math.floor(maximum - minimum) + 1 }, (_, place) => minimum + place);
}

/** Says which answers are accepted. */
function useLimits(): (question: AskedFragment) => string | null {
  const t = useWords(texts);
  const { number } = useFormats();
  const plain = { useGrouping: false }; // a year is a number, too
  return ({ kind, help, minimum, maximum, maxChoices }) => {
    if (kind === "MULTIPLE_CHOICE" && maxChoices !== null) return help ? null : t.atMost(number(maxChoices));
    if (kind !== "NUMBER" && kind !== "SCALE") return null;
    if (minimum !== null && maximum !== null) return t.between(number(minimum, plain), number(maximum, plain));
    if (minimum !== null) return t.from(number(minimum, plain));
    return maximum === null ? null : t.upTo(number(maximum, plain));
  };
}
