// Answers while they are given, and which questions they show: by the rules of the graph, as its SDL describes them.

import type { AskedFragment } from "./patient/surveys";

/** The codes of the chosen options; of other kinds of question, what was typed. */
export interface Given {
  readonly codes: readonly string[];
  readonly typed: string;
}

export type Answers = Readonly<Record<string, Given>>;

/** An answer as the graph takes it. */
interface AnswerInput {
  question: string;
  codes?: readonly string[];
  number?: number;
  date?: string;
  text?: string;
}

interface StoredAnswer {
  readonly question: { readonly key: string };
  readonly codes: readonly string[];
  readonly number: number | null;
  readonly date: string | null;
  readonly text: string | null;
}

type Rule = AskedFragment["visibleWhen"][number];

export const NONE: Given = { codes: [], typed: "" };
export const LONGEST = 5_000; // characters of a text
/** What shows nothing, and makes no text: as the server has it, with the control characters that it takes for spaces. */
const INVISIBLE =
  /[\u001c-\u001f\u0085\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\u{1bca0}-\u{1bca3}\u{1d159}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;
export const FIRST_DAY = "1900-01-01";
export const LAST_DAY = "2199-12-31";

export function stored(answers: readonly StoredAnswer[]): Answers {
  return Object.fromEntries(
    answers.map(({ question, codes, number, date, text }) => [question.key, { codes, typed: String(number ?? date ?? text ?? "") }]),
  );
}

/**
 * The answers that are being given, with those that another window or device has saved since the server was last read (`known`).
 * What was answered here meanwhile stays, and so does what the server has not: it may be of a question that is hidden now.
 */
export function merged(given: Answers, known: Answers, saved: Answers): Answers {
  const changed = Object.entries(saved).filter(([key, each]) => isSame(given[key], known[key]) && !isSame(given[key], each));
  return changed.length ? { ...given, ...Object.fromEntries(changed) } : given;
}

function isSame(one: Given = NONE, other: Given = NONE): boolean {
  return one.typed === other.typed && one.codes.join() === other.codes.join();
}

export function takesOptions({ kind }: AskedFragment): boolean {
  return kind === "SINGLE_CHOICE" || kind === "MULTIPLE_CHOICE";
}

function takesNumber({ kind }: AskedFragment): boolean {
  return kind === "SCALE" || kind === "NUMBER";
}

export function isAnswered(question: AskedFragment, given: Given = NONE): boolean {
  return takesOptions(question) ? given.codes.length > 0 : given.typed.replace(INVISIBLE, "").trim() !== "";
}

/** Whether the server would take an answer, which then counts for rules. */
export function isAccepted(question: AskedFragment, given: Given = NONE): boolean {
  if (!isAnswered(question, given)) return false;
  const typed = given.typed.trim();
  if (takesOptions(question)) {
    const most = question.kind === "SINGLE_CHOICE" ? 1 : (question.maxChoices ?? Infinity);
    const known = given.codes.every((code) => question.options.some((option) => option.code === code));
    return known && new Set(given.codes).size === given.codes.length && given.codes.length <= most;
  }
  if (takesNumber(question)) {
    const number = Number(typed);
    const whole = question.kind !== "SCALE" || Number.isInteger(number);
    return Number.isFinite(number) && whole && number >= (question.minimum ?? -Infinity) && number <= (question.maximum ?? Infinity);
  }
  if (question.kind === "DATE") return isDay(typed) && typed >= FIRST_DAY && typed <= LAST_DAY;
  return [...typed].length <= LONGEST;
}

function isDay(typed: string): boolean {
  const found = /^\d{4}-\d\d-\d\d$/.test(typed) ? Date.parse(`${typed}T00:00:00Z`) : NaN;
  return !Number.isNaN(found) && new Date(found).toISOString().startsWith(typed); // else the 30th of February is the 2nd of March
}

/** The questions that are shown, in order. What was answered to a hidden question does not count. */
export function shownQuestions(questions: readonly AskedFragment[], answers: Answers): AskedFragment[] {
  const byKey = new Map(questions.map((question) => [question.key, question]));
  const known = new Map<string, boolean>();

  function isShown(question: AskedFragment): boolean {
    const found = known.get(question.key) ?? question.visibleWhen.every(holds);
    known.set(question.key, found);
    return found;
  }

  function holds(rule: Rule): boolean {
    const other = byKey.get(rule.question);
    const given = other && answers[other.key];
    const counts = other && given && isAccepted(other, given) && isShown(other);
    return compares(rule, counts ? valuesOf(other, given) : [], other && takesNumber(other) ? Number : String);
  }

  return questions.filter(isShown);
}

function valuesOf(question: AskedFragment, given: Given): readonly (string | number)[] {
  if (takesOptions(question)) return given.codes;
  return [takesNumber(question) ? Number(given.typed) : given.typed.trim()];
}

/** Days in the form `2026-01-31` compare as texts do. */
function compares({ operator, values }: Rule, given: readonly (string | number)[], parse: (value: string) => string | number): boolean {
  const wanted = values.map(parse);
  switch (operator) {
    case "ANSWERED":
      return given.length > 0;
    case "EQUALS":
    case "IN":
      return given.some((value) => wanted.includes(value));
    case "NOT_EQUALS":
      return !given.some((value) => wanted.includes(value));
    case "GREATER_THAN":
      return given.some((value) => wanted.some((least) => value > least));
    case "LESS_THAN":
      return given.some((value) => wanted.some((most) => value < most));
  }
}

/** The answers to these questions, as the graph takes them. */
export function inputOf(questions: readonly AskedFragment[], answers: Answers): AnswerInput[] {
  return questions.flatMap((question): AnswerInput[] => {
    const given = answers[question.key] ?? NONE;
    if (!isAnswered(question, given)) return [];
    const typed = given.typed.trim();
    if (takesOptions(question)) return [{ question: question.key, codes: given.codes }];
    if (takesNumber(question)) return [{ question: question.key, number: Number(typed) }];
    return [question.kind === "DATE" ? { question: question.key, date: typed } : { question: question.key, text: typed }];
  });
}

/** The key of the question that a refusal is about, by its path: `input`, `answers`, then a position or the key of a missing answer. */
export function questionOf(path: readonly string[], sent: readonly AnswerInput[]): string | undefined {
  if (path[1] !== "answers") return undefined;
  return path.length === 3 ? path[2] : sent[Number(path[2])]?.question;
}
