// A rating by buttons that a thumb can hit: a group of radio buttons, so the arrow keys work, too.

import { useId, type ReactNode } from "react";
import { useRefusals } from "./Form";

interface Props {
  name: string;
  label: ReactNode;
  path?: string;
  options: readonly { value: number; label: string }[];
  initial?: number | undefined;
  /** What the ends mean. */
  hint?: ReactNode;
}

export function ScaleField({ name, label, path = name, options, initial, hint }: Props) {
  const id = useId();
  const refusals = useRefusals(path);
  return (
    <fieldset
      className="field scale"
      role="radiogroup"
      tabIndex={-1}
      aria-invalid={refusals.length > 0 || undefined}
      aria-describedby={[hint && `${id}-hint`, refusals.length && `${id}-fault`].filter(Boolean).join(" ") || undefined}
    >
      <legend>{label}</legend>
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <div className={options.length > 6 ? "steps many" : "steps"}>
        {options.map((each) => (
          <label key={each.value}>
            <input type="radio" name={name} value={each.value} defaultChecked={each.value === initial} />
            <span>{each.label}</span>
          </label>
        ))}
      </div>
      <div id={`${id}-fault`} className="fault" role="alert">
        {refusals.map((message) => (
          <p key={message}>{message}</p>
        ))}
      </div>
    </fieldset>
  );
}

/** The steps of a rating from 0 to 10. */
export const TEN = Array.from({ length: 11 }, (_, value) => ({ value, label: String(value) }));
