// A condition for showing a question: another question, and the answers to it that count.

import { useId } from "react";
import { Button, Check, Choice, useLanguage, useWords } from "../../../base";
import { Refusals } from "./Refusals";
import { hasOptions, inLanguage, operatorsOf, type Question, type Rule } from "./draft";
import { texts } from "./texts";

interface Props {
  rule: Rule;
  path: string;
  name: string;
  others: readonly Question[];
  onChange: (rule: Rule) => void;
  onRemove: () => void;
}

export function RuleEditor({ rule, path, name, others, onChange, onRemove }: Props) {
  const t = useWords(texts);
  const language = useLanguage();
  const other = others.find(({ key }) => key === rule.question);
  const operators = operatorsOf(other?.kind ?? "TEXT");
  return (
    <div className="rule" role="group" aria-label={name}>
      <Choice
        label={t.other}
        value={rule.question}
        options={[
          ...(other ? [] : [{ value: rule.question, label: rule.question }]),
          ...others.map(({ key, text }) => ({ value: key, label: inLanguage(text, language) || key })),
        ]}
        onChange={(question) => onChange({ ...rule, question, operator: "ANSWERED", values: [] })}
      />
      <Choice
        label={t.operator}
        value={rule.operator}
        options={(operators.includes(rule.operator) ? operators : [rule.operator, ...operators]).map((value) => ({ value, label: t.operators[value] }))}
        onChange={(value) => onChange({ ...rule, operator: operators.find((each) => each === value) ?? rule.operator, values: [] })}
      />
      {rule.operator !== "ANSWERED" && other && <Values rule={rule} other={other} onChange={(values) => onChange({ ...rule, values })} />}
      <Button kind="link" label={t.removeThis(name)} onClick={onRemove}>{t.remove}</Button>
      {["", ".question", ".operator", ".values", ".values.0"].map((part) => <Refusals key={part} path={path + part} />)}
    </div>
  );
}

function Values({ rule, other, onChange }: { rule: Rule; other: Question; onChange: (values: readonly string[]) => void }) {
  const t = useWords(texts);
  const language = useLanguage();
  const id = useId();
  const first = rule.values[0] ?? "";
  if (!hasOptions(other.kind)) {
    return (
      <div className="field">
        <label htmlFor={id}>{t.value}</label>
        <input
          id={id}
          type={other.kind === "DATE" ? "date" : "text"}
          dir="auto"
          inputMode="decimal"
          value={first}
          onChange={(event) => onChange(event.target.value ? [event.target.value] : [])}
        />
      </div>
    );
  }
  if (rule.operator !== "IN") {
    const options = other.options.map(({ code, label }) => ({ value: code, label: inLanguage(label, language) || code }));
    return <Choice label={t.value} value={first} options={[{ value: "", label: "–" }, ...options]} onChange={(value) => onChange(value ? [value] : [])} />;
  }
  return (
    <fieldset className="field">
      <legend>{t.value}</legend>
      {other.options.map(({ id: option, code, label }) => (
        <Check
          key={option}
          checked={rule.values.includes(code)}
          onChange={(isChecked) => onChange(isChecked ? [...rule.values, code] : rule.values.filter((each) => each !== code))}
        >
          {inLanguage(label, language) || code}
        </Check>
      ))}
    </fieldset>
  );
}
