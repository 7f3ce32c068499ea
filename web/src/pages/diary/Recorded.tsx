// The fields of one indicator on one day: its value, and a note on it.

import { Button, isolated, ScaleField, TEN, TextField, useFormats, useRefusals, useWords } from "../../base";
import { texts } from "./texts";

export interface Tracked {
  readonly id: string;
  readonly name: string;
  readonly scale: "RATING_0_10" | "GRADE_NONE_TO_SEVERE" | "QUANTITY";
  readonly unit: string | null;
  readonly minimum: number;
  readonly maximum: number;
}

export interface Entry {
  indicator: Tracked;
  own: boolean;
  /** What is recorded for the day. */
  latest: { readonly id: string; readonly value: number; readonly note: string | null } | null;
}

export function Recorded({ entry: { indicator, latest, own }, onForget }: { entry: Entry; onForget: () => void }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const name = `value.${indicator.id}`;
  const label = <><span dir="auto">{indicator.name}</span>{own && <span className="quiet"> · {t.own}</span>}</>;
  const hasFault = useRefusals(`note.${indicator.id}`).length > 0;
  return (
    <div className="entry">
      {indicator.scale === "RATING_0_10" && <ScaleField name={name} label={label} options={TEN} initial={latest?.value} />}
      {indicator.scale === "GRADE_NONE_TO_SEVERE" && (
        <ScaleField
          name={name}
          label={label}
          options={t.grades.map((grade, value) => ({ value, label: grade }))}
          initial={latest?.value}
        />
      )}
      {indicator.scale === "QUANTITY" && (
        <TextField
          name={name}
          label={indicator.unit ? `${isolated(indicator.name)} (${indicator.unit})` : label}
          hint={t.between(number(indicator.minimum), number(indicator.maximum))}
          inputMode="decimal"
          autoComplete="off"
          initial={latest ? number(latest.value, { useGrouping: false, maximumFractionDigits: 6 }) : ""}
        />
      )}
      <details open={Boolean(latest?.note) || hasFault || undefined}>
        <summary>{t.addNote}<span className="hidden-text">: {isolated(indicator.name)}</span></summary>
        <TextField name={`note.${indicator.id}`} label={t.noteOn(isolated(indicator.name))} hint={t.noteHint} rows={2} initial={latest?.note ?? ""} />
      </details>
      {latest && (
        <Button kind="link" label={`${t.forget}: ${indicator.name}`} onClick={onForget}>{t.forget}</Button>
      )}
    </div>
  );
}
