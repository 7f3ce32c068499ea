// What the last operation took: its cost, of the most that an operation of the view may cost, its time and its size.

import type { Cost } from "../graph/send";

export type Measures =
  | { kind: "answered"; cost: Cost | null; milliseconds: number; bytes: number }
  | { kind: "subscribed"; events: number };

const NUMBERS = new Intl.NumberFormat("en");

export function Measured({ measures }: { measures: Measures | null }) {
  return (
    <p className="measured" role="status">
      {measures ? words(measures) : "The cost and the time of an operation are shown here."}
    </p>
  );
}

function words(measures: Measures): string {
  if (measures.kind === "subscribed") {
    return measures.events === 1 ? "1 event so far" : `${NUMBERS.format(measures.events)} events so far`;
  }
  const { cost, milliseconds, bytes } = measures;
  const parts = [`${NUMBERS.format(Math.round(milliseconds))} ms`, `${NUMBERS.format(bytes)} bytes`];
  if (cost) parts.unshift(`Cost ${NUMBERS.format(cost.requested)} of ${NUMBERS.format(cost.limit)}`);
  return parts.join(" · ");
}
