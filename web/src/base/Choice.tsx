// A list to choose from, whose value is held by who shows it: it changes with other parts of the page.

import { useId } from "react";

interface Props {
  id?: string;
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
  disabled?: boolean;
}

export function Choice({ id: given, label, value, options, onChange, disabled = false }: Props) {
  const made = useId();
  const id = given ?? made;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value)}>
        {options.map((each) => <option key={each.value} value={each.value}>{each.label}</option>)}
      </select>
    </div>
  );
}
