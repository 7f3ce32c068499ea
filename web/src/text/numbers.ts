// Numbers as people type them, in the manner of their language.

import type { Language } from "./words";

const SPACES = /(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))/g; // between thousands
const LAST = /(?<=\d)[.,]$/; // a mark whose decimals are still to come
const COMMAS = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/; // between thousands, in English alone

/**
 * The number that somebody has typed; null if it is none. The decimal mark is a point or a comma, but the comma of `1,200` stands
 * between thousands in English.
 */
export function numberIn(typed: string, language: Language): number | null {
  const text = typed.trim().replace("\u2212", "-").replace(SPACES, "").replace(LAST, "");
  const plain = language === "en" && COMMAS.test(text) ? text.replaceAll(",", "") : text.replace(",", ".");
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
}
