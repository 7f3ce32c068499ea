// A rating by buttons that a thumb can hit: a group of radio buttons, so the arrow keys work, too.

import type { ReactNode } from "react";
import { Hint, Refusals, useField } from "./Field";

interface Props {
  name: string;
  label: ReactNode;
  path?: string;
  options: readonly { value: number; label: string }[];
  initial?: number | undefined;
  /** What the ends mean. */
  hint?: ReactNode;
  onChange?: () => void;
}

export function ScaleField({ name, label, path = name, options, initial, hint, onChange }: Props) {
  const { id, described, refusals } = useField(path, hint);
  return (
    <fieldset className="field scale" role="radiogroup" tabIndex={-1} {...described}>
      <legend>{label}</legend>
      {hint && <Hint id={id}>{hint}</Hint>}
      <div className={options.length > 6 ? "steps many" : "steps"}>{options.map((each) => (
        <label key={each.value}>
          <input type="radio" name={name} value={each.value} defaultChecked={each.value === initial} onChange={onChange} />
          <span>{each.label}</span>
        </label>
      ))}</div>
      <Refusals id={id} messages={refusals} />
    </fieldset>
  );
}

/** The steps of a rating from 0 to 10. */
export const TEN = Array.from({ length: 11 }, (_, value) => ({ value, label: String(value) }));
