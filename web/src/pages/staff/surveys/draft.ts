// A questionnaire while it is edited: every text in both languages, and what a survey's input makes of it.

import type { EditedQuestionFragment, EditedSurveyFragment, QuestionInput, QuestionKind, RuleOperator } from "../../../../generated/manager";
import type { Language } from "../../../text/words";

/** A text beside its translation; empty if it is missing. */
export interface Text {
  en: string;
  fr: string;
}

/** The text in a language, or in English if it is not translated. */
export function inLanguage(text: Text, language: Language): string {
  return text[language] || text.en;
}

export interface Option {
  /** Stays while it is edited, for React. */
  id: string;
  code: string;
  label: Text;
}

export interface Rule {
  id: string;
  question: string;
  operator: RuleOperator;
  values: readonly string[];
}

export interface Question {
  id: string;
  key: string;
  kind: QuestionKind;
  text: Text;
  help: Text;
  required: boolean;
  options: readonly Option[];
  minimum: string;
  maximum: string;
  bins: string;
  maxChoices: string;
  rules: readonly Rule[];
}

export const KINDS = ["SINGLE_CHOICE", "MULTIPLE_CHOICE", "SCALE", "NUMBER", "DATE", "TEXT"] as const satisfies readonly QuestionKind[];
const OPERATORS = ["EQUALS", "NOT_EQUALS", "IN", "GREATER_THAN", "LESS_THAN", "ANSWERED"] as const satisfies readonly RuleOperator[];

let made = 0;

function newId(): string {
  made += 1;
  return `new-${made}`;
}

export function newOption(code: string): Option {
  return { id: newId(), code, label: { en: "", fr: "" } };
}

export function newRule(question: string): Rule {
  return { id: newId(), question, operator: "EQUALS", values: [] };
}

/** An empty question, whose key no other has. */
export function newQuestion(others: readonly Question[]): Question {
  let number = others.length + 1;
  while (others.some(({ key }) => key === `q${number}`)) number += 1;
  return {
    id: newId(),
    key: `q${number}`,
    kind: "SINGLE_CHOICE",
    text: { en: "", fr: "" },
    help: { en: "", fr: "" },
    required: true,
    options: [newOption("a"), newOption("b")],
    minimum: "",
    maximum: "",
    bins: "",
    maxChoices: "",
    rules: [],
  };
}

export function hasOptions(kind: QuestionKind): boolean {
  return kind === "SINGLE_CHOICE" || kind === "MULTIPLE_CHOICE";
}

export function hasLimits(kind: QuestionKind): boolean {
  return kind === "SCALE" || kind === "NUMBER";
}

/** The operators that a kind of answer can be compared with. */
export function operatorsOf(kind: QuestionKind): readonly RuleOperator[] {
  if (hasOptions(kind)) return ["EQUALS", "NOT_EQUALS", "IN", "ANSWERED"];
  return kind === "TEXT" ? ["ANSWERED"] : OPERATORS;
}

export function draftOf(question: EditedQuestionFragment): Question {
  const french = question.translations.find((each) => each.language === "FR");
  const typed = (value: number | null): string => (value === null ? "" : String(value));
  return {
    id: newId(),
    key: question.key,
    kind: question.kind,
    text: { en: question.original.text, fr: french?.text ?? "" },
    help: { en: question.original.help ?? "", fr: french?.help ?? "" },
    required: question.required,
    options: question.options.map(({ code, original, translations }) => ({
      id: newId(),
      code,
      label: { en: original.label, fr: translations.find((each) => each.language === "FR")?.label ?? "" },
    })),
    minimum: typed(question.minimum),
    maximum: typed(question.maximum),
    bins: question.bins?.join("; ") ?? "",
    maxChoices: typed(question.maxChoices),
    rules: question.visibleWhen.map((rule) => ({ ...rule, id: newId() })),
  };
}

/** What somebody typed as a number, with a point or a comma. */
function numberOf(typed: string): number | null {
  return typed.trim() === "" ? null : Number(typed.trim().replace(",", "."));
}

export function inputOf(question: Question): QuestionInput {
  const { key, kind, text, help, required, options, rules } = question;
  const bins = question.bins.split(/[;\s]+/).filter(Boolean);
  return {
    key: key.trim(),
    kind,
    text: text.en,
    help: help.en || null,
    required,
    options: hasOptions(kind)
      ? options.map(({ code, label }) => ({
          code: code.trim(),
          label: label.en,
          translations: label.fr ? [{ language: "FR" as const, label: label.fr }] : [],
        }))
      : null,
    minimum: hasLimits(kind) ? numberOf(question.minimum) : null,
    maximum: hasLimits(kind) ? numberOf(question.maximum) : null,
    bins: kind === "NUMBER" && bins.length ? bins.map((each) => Number(each.replace(",", "."))) : null,
    maxChoices: kind === "MULTIPLE_CHOICE" ? numberOf(question.maxChoices) : null,
    visibleWhen: rules.map((rule) => ({ question: rule.question, operator: rule.operator, values: rule.operator === "ANSWERED" ? [] : [...rule.values] })),
    translations: text.fr || help.fr ? [{ language: "FR" as const, text: text.fr, help: help.fr || null }] : [],
  };
}

/** How many texts there are in English, and how many of these are not in French. */
export function missing(survey: { title: Text; description: Text }, questions: readonly Question[]): { all: number; french: number } {
  const texts = [
    survey.title,
    survey.description,
    ...questions.flatMap(({ text, help, kind, options }) => [text, help, ...(hasOptions(kind) ? options.map(({ label }) => label) : [])]),
  ].filter((text) => text.en.trim());
  return { all: texts.length, french: texts.filter((text) => !text.fr.trim()).length };
}

export function titleOf(survey: EditedSurveyFragment | null, field: "title" | "description"): Text {
  const french = survey?.translations.find((each) => each.language === "FR");
  return { en: survey?.original[field] ?? "", fr: french?.[field] ?? "" };
}
