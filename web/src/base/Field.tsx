// Fields of a form: a label, an explanation, the control, and why its value was refused.

import { useId, type ReactNode } from "react";
import { useRefusals } from "./Form";

interface Common {
  /** Of the value among those of the form, and its path below `input` unless `path` is given. */
  name: string;
  label: ReactNode;
  hint?: ReactNode;
  path?: string;
  required?: boolean;
}

interface TextProps extends Common {
  type?: "text" | "email" | "password" | "number" | "date" | "search";
  autoComplete?: string;
  initial?: string | undefined;
  minLength?: number;
  maxLength?: number;
  inputMode?: "text" | "numeric" | "decimal";
  step?: "any";
  /** With more than one, it is a box for longer texts. */
  rows?: number;
  onChange?: (value: string) => void;
}

export function TextField({ name, label, hint, path = name, rows = 1, initial, onChange, type = "text", ...more }: TextProps) {
  const { id, described, refusals } = useField(path, hint);
  const shared = { id, name, defaultValue: initial, ...described, ...more };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint && <Hint id={id}>{hint}</Hint>}
      {rows > 1 ? (
        <textarea {...shared} rows={rows} onChange={(event) => onChange?.(event.target.value)} />
      ) : (
        <input {...shared} type={type} onChange={(event) => onChange?.(event.target.value)} />
      )}
      <Refusals id={id} messages={refusals} />
    </div>
  );
}

interface ChoiceProps extends Common {
  options: readonly { value: string; label: string }[];
  initial?: string;
  onChange?: (value: string) => void;
}

export function SelectField({ name, label, hint, path = name, options, initial, onChange, required }: ChoiceProps) {
  const { id, described, refusals } = useField(path, hint);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint && <Hint id={id}>{hint}</Hint>}
      <select id={id} name={name} defaultValue={initial} required={required} {...described} onChange={(event) => onChange?.(event.target.value)}>
        {options.map((each) => <option key={each.value} value={each.value}>{each.label}</option>)}
      </select>
      <Refusals id={id} messages={refusals} />
    </div>
  );
}

/** Options of these values, whose labels are among others. */
export function optionsOf<Value extends string>(
  labels: Readonly<Record<Value, string>>,
  values: readonly Value[] = Object.keys(labels) as Value[],
) {
  return values.map((value) => ({ value, label: labels[value] }));
}

/** One of a few options, all of which are shown. */
export function RadioField({ name, label, hint, path = name, options, initial, onChange, required }: ChoiceProps) {
  const { id, described, refusals } = useField(path, hint);
  return (
    <fieldset className="field" aria-describedby={described["aria-describedby"]}>
      <legend>{label}</legend>
      {hint && <Hint id={id}>{hint}</Hint>}
      {options.map((each) => (
        <label key={each.value} className="choice">
          <input
            type="radio"
            name={name}
            value={each.value}
            defaultChecked={each.value === initial}
            required={required}
            onChange={() => onChange?.(each.value)}
          />
          {each.label}
        </label>
      ))}
      <Refusals id={id} messages={refusals} />
    </fieldset>
  );
}

/** A box to tick: its value is `on` if it is ticked. */
export function CheckField({ name, label, hint, path = name, required, initial }: Common & { initial?: boolean | undefined }) {
  const { id, described, refusals } = useField(path, hint);
  return (
    <div className="field">
      <label className="choice">
        <input type="checkbox" id={id} name={name} required={required} defaultChecked={initial} {...described} />
        <span>{label}</span>
      </label>
      {hint && <Hint id={id}>{hint}</Hint>}
      <Refusals id={id} messages={refusals} />
    </div>
  );
}

/** The id of a control, its refusals, and the attributes that lead from it to them and to its explanation. */
export function useField(path: string, hint: ReactNode) {
  const id = useId();
  const refusals = useRefusals(path);
  const describedBy = [hint && `${id}-hint`, refusals.length && `${id}-fault`].filter(Boolean).join(" ");
  const described = { "aria-describedby": describedBy || undefined, "aria-invalid": refusals.length > 0 || undefined };
  return { id, described, refusals };
}

export function Hint({ id, children }: { id: string; children: ReactNode }) {
  return (
    <p className="hint" id={`${id}-hint`}>
      {children}
    </p>
  );
}

export function Refusals({ id, messages }: { id: string; messages: readonly string[] }) {
  return (
    <div id={`${id}-fault`} className="fault" role="alert">
      {messages.map((message) => <p key={message}>{message}</p>)}
    </div>
  );
}
