// Several of a few options, all of which are shown. The ticked ones are values named `NAME.OPTION` of the form: see `ticked`.

import { useId } from "react";
import { useRefusals } from "./Form";

interface Props {
  name: string;
  label: string;
  hint?: string;
  options: readonly { value: string; label: string }[];
  initial: readonly string[];
}

export function ChecksField({ name, label, hint, options, initial }: Props) {
  const id = useId();
  const refusals = useRefusals(name);
  return (
    <fieldset className="field" aria-describedby={`${id}-hint ${id}-fault`}>
      <legend>{label}</legend>
      <p className="hint" id={`${id}-hint`}>
        {hint}
      </p>
      {options.map((each) => (
        <label key={each.value} className="choice">
          <input
            type="checkbox"
            name={`${name}.${each.value}`}
            defaultChecked={initial.includes(each.value)}
            aria-invalid={refusals.length > 0 || undefined}
          />
          {each.label}
        </label>
      ))}
      <div id={`${id}-fault`} className="fault" role="alert">
        {refusals.map((message) => (
          <p key={message}>{message}</p>
        ))}
      </div>
    </fieldset>
  );
}

/** The options of a ChecksField that are ticked, of these. */
export function ticked<Option extends string>(values: Record<string, string>, name: string, options: readonly Option[]): Option[] {
  return options.filter((option) => `${name}.${option}` in values);
}
