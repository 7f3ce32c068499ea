// Several of a few options, all of which are shown. The ticked ones are values named `NAME.OPTION` of the form: see `ticked`.

import { Hint, Refusals, useField } from "./Field";

interface Props {
  name: string;
  label: string;
  hint?: string;
  options: readonly { value: string; label: string }[];
  initial: readonly string[];
}

export function ChecksField({ name, label, hint, options, initial }: Props) {
  const { id, described, refusals } = useField(name, hint);
  return (
    <fieldset className="field" aria-describedby={described["aria-describedby"]}>
      <legend>{label}</legend>
      {hint && <Hint id={id}>{hint}</Hint>}
      {options.map((each) => (
        <label key={each.value} className="choice">
          <input
            type="checkbox"
            name={`${name}.${each.value}`}
            defaultChecked={initial.includes(each.value)}
            aria-invalid={described["aria-invalid"]}
          />
          {each.label}
        </label>
      ))}
      <Refusals id={id} messages={refusals} />
    </fieldset>
  );
}

/** The options of a ChecksField that are ticked, of these. */
export function ticked<Option extends string>(values: Record<string, string>, name: string, options: readonly Option[]): Option[] {
  return options.filter((option) => `${name}.${option}` in values);
}
