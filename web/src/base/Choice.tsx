// Controls whose values are held by who shows them, because they change with other parts of the page.

import { useId, type ReactNode } from "react";

interface ChoiceProps {
  id?: string;
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
}

/** A list to choose from. */
export function Choice({ id: given, label, value, options, onChange }: ChoiceProps) {
  const made = useId();
  const id = given ?? made;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((each) => <option key={each.value} value={each.value}>{each.label}</option>)}
      </select>
    </div>
  );
}

interface CheckProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  hint?: ReactNode;
  children: ReactNode;
}

/** A box to tick. */
export function Check({ checked, onChange, disabled = false, hint, children }: CheckProps) {
  return (
    <label className="choice">
      <input type="checkbox" checked={checked} disabled={disabled} onChange={(event) => onChange(event.target.checked)} />
      <span>{children}{hint && <span className="hint block">{hint}</span>}</span>
    </label>
  );
}
