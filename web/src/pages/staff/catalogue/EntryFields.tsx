// The fields of an entry of the catalogue: what is translated stands beside its translation.

import { SelectField, TextField, useWords } from "../../../base";
import type { Field } from "./kinds";
import { texts } from "./texts";
import { french, type Values } from "./values";

export function EntryFields({ fields, values }: { fields: readonly Field[]; values: Values }) {
  const t = useWords(texts);
  return fields.map(({ name, type, translated, required = false, options = [] }) => {
    const label = t.fields[name];
    const rows = type === "long" ? 5 : 1;
    if (type === "choice") {
      const named = options.map((value) => ({ value, label: t.options[value] ?? value }));
      return <SelectField key={name} name={name} label={label} options={named} {...(values[name] && { initial: values[name] })} />;
    }
    if (!translated) {
      const shared = { name, label, rows, required, initial: values[name] };
      return <TextField key={name} {...shared} inputMode={type === "number" ? "decimal" : "text"} />;
    }
    return (
      <div key={name} className="bilingual">
        <TextField name={name} label={t.english(label)} rows={rows} required={required} initial={values[name]} />
        <TextField name={french(name)} label={t.french(label)} rows={rows} initial={values[french(name)]} />
      </div>
    );
  });
}
