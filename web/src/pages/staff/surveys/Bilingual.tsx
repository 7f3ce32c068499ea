// A text in English, beside the same in French.

import { TextField, useWords } from "../../../base";
import type { Text } from "./draft";
import { texts } from "./texts";

interface Props {
  label: string;
  hint?: string;
  rows?: number;
  required?: boolean;
  value: Text;
  /** Where the input has the text, and where its translation: `questions.0.text`. */
  path: string;
  frenchPath: string;
  onChange: (value: Text) => void;
}

export function Bilingual({ label, hint, rows = 1, required = false, value, path, frenchPath, onChange }: Props) {
  const t = useWords(texts);
  const shared = { rows, ...(hint && { hint }) };
  return (
    <div className="bilingual">
      <div>
        <TextField name={path} label={t.both(label, t.english)} required={required} initial={value.en} onChange={(en) => onChange({ ...value, en })} {...shared} />
      </div>
      <div>
        <TextField name={frenchPath} label={t.both(label, t.french)} initial={value.fr} onChange={(fr) => onChange({ ...value, fr })} {...shared} />
      </div>
    </div>
  );
}
