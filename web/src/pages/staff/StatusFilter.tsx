// Chooses which entries of a list are shown, by their status or by another of their properties.

import { SelectField, useWords } from "../../base";
import { texts } from "./texts";

interface Props<Status extends string> {
  label?: string;
  names: Record<Status, string>;
  initial: Status | null;
  onChange: (status: Status | null) => void;
}

export function StatusFilter<Status extends string>({ label, names, initial, onChange }: Props<Status>) {
  const t = useWords(texts);
  const options = (Object.keys(names) as Status[]).map((value) => ({ value, label: names[value] }));
  return (
    <div className="filters">
      <SelectField
        name="status"
        label={label ?? t.status}
        initial={initial ?? ""}
        options={[...options, { value: "", label: t.all }]}
        onChange={(value) => onChange((value || null) as Status | null)}
      />
    </div>
  );
}
