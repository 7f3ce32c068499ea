// What people have written, within a sentence: in the direction of its own script, whatever that of the sentence.

const FIRST_STRONG_ISOLATE = "\u2068";
const POP_DIRECTIONAL_ISOLATE = "\u2069";

/** For texts without elements, such as labels. An element has `dir="auto"` instead. */
export function isolated(written: string): string {
  return FIRST_STRONG_ISOLATE + written + POP_DIRECTIONAL_ISOLATE;
}
