// Texts in both languages, and how numbers and dates are written in them.

import { createContext, useContext } from "react";

export type Language = "en" | "fr";

/** As accounts have it, and as numbers and dates are written. */
export const LOCALES = { en: "en-GB", fr: "fr-FR" } as const satisfies Record<Language, string>;

export interface Words<T> {
  readonly en: T;
  readonly fr: T;
}

/** The texts of a page. The types force each of them to be there in French as in English. */
export function words<T>(texts: { en: T; fr: NoInfer<T> }): Words<T> {
  return texts;
}

export const LanguageContext = createContext<Language>("en");

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

/** The language of the person who reads, as the graph names it. */
export function useLanguageCode(): "EN" | "FR" {
  return useLanguage() === "fr" ? "FR" : "EN";
}

/** The texts in the language of the person who reads. */
export function useWords<T>(texts: Words<T>): T {
  return texts[useLanguage()];
}

interface Formats {
  number: (value: number, options?: Intl.NumberFormatOptions) => string;
  /** A share, as whole percents or with a decimal. */
  percent: (share: number, digits?: number) => string;
  /** A privacy cost. */
  epsilon: (value: number) => string;
  /** A day, given as `2026-01-31`. */
  date: (value: string) => string;
  /** A moment, in the time zone of the person who reads. */
  time: (value: string) => string;
}

const FORMATS: Record<Language, Formats> = { en: formatsOf(LOCALES.en), fr: formatsOf(LOCALES.fr) };

export function useFormats(): Formats {
  return FORMATS[useLanguage()];
}

function formatsOf(locale: string): Formats {
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });
  const times = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  // Unicode's data lack the `1er` of French.
  const first = (text: string): string => (locale === LOCALES.fr ? text.replace(/^1 /, "1er ") : text);
  const number: Formats["number"] = (value, options) => new Intl.NumberFormat(locale, options).format(value);
  return {
    number,
    percent: (share, digits = 0) => number(share, { style: "percent", maximumFractionDigits: digits }),
    epsilon: (value) => number(value, { maximumSignificantDigits: 3 }),
    date: (value) => first(dates.format(new Date(value))),
    time: (value) => first(times.format(new Date(value))),
  };
}

const CHOSEN = "language";

/** The language of a visitor: the one they chose, or else the browser's. */
export function visitorsLanguage(): Language {
  const chosen = localStorage.getItem(CHOSEN);
  if (chosen === "en" || chosen === "fr") return chosen;
  const known = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag === "en" || tag === "fr");
  return known === "fr" ? "fr" : "en";
}

export function choose(language: Language): void {
  localStorage.setItem(CHOSEN, language);
}
