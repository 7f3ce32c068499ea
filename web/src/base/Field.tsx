// Fields of a form: a label, an explanation, the control, and why its value was refused.

import { useId, type ReactNode } from "react";
import { draftOf, keepDraft } from "./drafts";
import { useRefusals, type Values } from "./Form";

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
  /** By which what was typed is found again after another page, until it is forgotten: see `drafts`. */
  draft?: string;
  onChange?: (value: string) => void;
}

/** The types that take words of any script, from the left or from the right. */
const TYPED: readonly string[] = ["text", "search"];

export function TextField({ name, label, hint, path = name, rows = 1, initial, draft, onChange, type = "text", ...more }: TextProps) {
  return (
    <Labelled label={label} hint={hint} path={path}>{(described) => {
      const changed = ({ target: { value } }: { target: { value: string } }): void => {
        if (draft !== undefined) keepDraft(draft, value);
        onChange?.(value);
      };
      const dir = TYPED.includes(type) ? "auto" : undefined;
      const shared = { name, dir, defaultValue: (draft === undefined ? undefined : draftOf(draft)) ?? initial, ...described, ...more, onChange: changed };
      return rows > 1 ? <textarea {...shared} rows={rows} /> : <input {...shared} type={type} />;
    }}</Labelled>
  );
}

interface ChoiceProps extends Common {
  options: readonly { value: string; label: string }[];
  initial?: string;
  onChange?: (value: string) => void;
}

export function SelectField({ name, label, hint, path = name, options, initial, onChange, required }: ChoiceProps) {
  return (
    <Labelled label={label} hint={hint} path={path}>{(described) => (
      <select {...described} name={name} defaultValue={initial} required={required} onChange={(event) => onChange?.(event.target.value)}>
        {options.map((each) => <option key={each.value} value={each.value}>{each.label}</option>)}
      </select>
    )}</Labelled>
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
  return (
    <Group label={label} hint={hint} path={path} radios>{() => options.map(({ value, label: words }) => (
      <label key={value} className="choice">
        <input type="radio" name={name} value={value} defaultChecked={value === initial} required={required} onChange={() => onChange?.(value)} />
        {words}
      </label>
    ))}</Group>
  );
}

interface ChecksProps extends Pick<Common, "name" | "label" | "hint"> {
  options: ChoiceProps["options"];
  initial: readonly string[];
}

/** Several of a few options, all of which are shown. The ticked ones are values named `NAME.OPTION` of the form: see `ticked`. */
export function ChecksField({ name, label, hint, options, initial }: ChecksProps) {
  return (
    <Group label={label} hint={hint} path={name}>{(isInvalid) => options.map(({ value, label: words }) => (
      <label key={value} className="choice">
        <input type="checkbox" name={`${name}.${value}`} defaultChecked={initial.includes(value)} aria-invalid={isInvalid} />
        {words}
      </label>
    ))}</Group>
  );
}

/** The options of a ChecksField that are ticked, of these. */
export function ticked<Option extends string>(values: Values, name: string, options: readonly Option[]): Option[] {
  return options.filter((option) => `${name}.${option}` in values);
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

interface Frame {
  label: ReactNode;
  hint: ReactNode;
  path: string;
}

/** A control below its label. It takes the attributes that lead to its explanation and to its refusals. */
function Labelled({ label, hint, path, children }: Frame & { children: (described: Described) => ReactNode }) {
  const { id, described, refusals } = useField(path, hint);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint && <Hint id={id}>{hint}</Hint>}
      {children({ id, ...described })}
      <Refusals id={id} messages={refusals} />
    </div>
  );
}

type Described = { id: string } & ReturnType<typeof useField>["described"];

interface GroupProps extends Frame {
  radios?: boolean;
  children: (isInvalid: true | undefined) => ReactNode;
}

/** Several controls with one label. */
function Group({ label, hint, path, radios = false, children }: GroupProps) {
  const { id, described, refusals } = useField(path, hint);
  // Of radio buttons, the group is what can be invalid, and takes the focus.
  const state = radios ? { role: "radiogroup", tabIndex: -1, ...described } : { "aria-describedby": described["aria-describedby"] };
  return (
    <fieldset className="field" {...state}>
      <legend>{label}</legend>
      {hint && <Hint id={id}>{hint}</Hint>}
      {children(described["aria-invalid"])}
      <Refusals id={id} messages={refusals} />
    </fieldset>
  );
}

/** The id of a control, its refusals, and the attributes that lead from it to them and to its explanation. */
export function useField(path: string, hint: ReactNode) {
  const id = useId();
  const refusals = useRefusals(path);
  const describedBy = [hint && `${id}-hint`, refusals.length && `${id}-fault`].filter(Boolean).join(" ");
  const described = { "aria-describedby": describedBy || undefined, "aria-invalid": refusals.length ? (true as const) : undefined };
  return { id, described, refusals };
}

export function Hint({ id, children }: { id: string; children: ReactNode }) {
  return <p className="hint" id={`${id}-hint`}>{children}</p>;
}

export function Refusals({ id, messages }: { id: string; messages: readonly string[] }) {
  return (
    <div id={`${id}-fault`} className="fault" role="alert">
      {messages.map((message) => <p key={message}>{message}</p>)}
    </div>
  );
}
