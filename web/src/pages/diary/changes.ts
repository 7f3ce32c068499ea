// What a check-in changes: the values of its form compared with what is recorded, and sent in as few mutations as possible.

import type { Client } from "urql";
import type { Values } from "../../base";
import { carryOut, type Failure, type Refusal } from "../../graph/hooks";
import { numberIn } from "../../text/numbers";
import type { Language } from "../../text/words";
import type { Entry } from "./Recorded";
import { ObservationsRecord, OwnObservationRecord } from "./patient/diary";

export interface Change {
  indicator: string;
  own: boolean;
  value: number;
  note: string | null;
}

interface Fault {
  /** The name of the field. */
  path: string;
  fault: "notNumber" | "noValue";
}

/** The values that differ from those recorded, and what cannot be sent. */
export function changed(entries: readonly Entry[], values: Values, language: Language): { changes: Change[]; faults: Fault[] } {
  const changes: Change[] = [];
  const faults: Fault[] = [];
  for (const { indicator, own, latest } of entries) {
    const typed = (values[`value.${indicator.id}`] ?? "").trim();
    const note = (values[`note.${indicator.id}`] ?? "").trim() || null;
    const value = numberIn(typed, language);
    if (typed && value === null) faults.push({ path: `value.${indicator.id}`, fault: "notNumber" });
    else if (value === null && note) faults.push({ path: `note.${indicator.id}`, fault: "noValue" });
    else if (value !== null && (value !== latest?.value || note !== latest.note)) {
      changes.push({ indicator: indicator.id, own, value, note });
    }
  }
  return { changes, faults };
}

/** Records the changes. Each refusal has the path of the field that it is about. */
export async function record(
  client: Client,
  observedOn: string,
  changes: readonly Change[],
): Promise<{ refusals: Refusal[]; failure: Failure | null }> {
  const refusals: Refusal[] = [];
  const catalogue = changes.filter((each) => !each.own);
  if (catalogue.length) {
    const entries = catalogue.map(({ indicator, value, note }) => ({ indicator, value, note }));
    const done = await carryOut(client, ObservationsRecord, { observedOn, entries });
    refusals.push(...done.refusals.map((each) => placed(each, catalogue[Number(each.path[2])]?.indicator, each.path[3])));
    if (done.failure) return { refusals, failure: done.failure };
  }
  for (const { indicator, value, note } of changes.filter((each) => each.own)) {
    const input = { ownIndicator: indicator, observedOn, value, note };
    const done = await carryOut(client, OwnObservationRecord, input);
    refusals.push(...done.refusals.map((each) => placed(each, indicator, each.path[1])));
    if (done.failure) return { refusals, failure: done.failure };
  }
  return { refusals, failure: null };
}

/** A refusal at the field of an indicator; as it is, if it is about the day. */
function placed(refusal: Refusal, indicator: string | undefined, field: string | undefined): Refusal {
  if (!indicator || field === "observedOn") return refusal;
  return { ...refusal, path: ["input", field === "note" ? "note" : "value", indicator] };
}
