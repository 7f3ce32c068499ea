// The pages' own copy of the rules that show questions, by the table of cases with which the server's is tested too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { shownQuestions, type Answers, type Given } from "../src/pages/member/surveys/answers.ts";

interface Case {
  name: string;
  given: Record<string, Partial<Given> & { times?: number }>;
  shown: string[];
}

const table = JSON.parse(readFileSync(join(import.meta.dirname, "branching.json"), "utf8"));
const EMPTY = { options: [], minimum: null, maximum: null, maxChoices: null, visibleWhen: [] };
const questions: Parameters<typeof shownQuestions>[0] = table.questions.map((each: object) => ({ ...EMPTY, ...each }));
const always = questions.filter(({ visibleWhen }) => visibleWhen.length === 0).map(({ key }) => key);

function answersOf(given: Case["given"]): Answers {
  return Object.fromEntries(
    Object.entries(given).map(([key, { codes = [], typed = "", times = 1 }]) => [key, { codes, typed: typed.repeat(times) }]),
  );
}

test("pages show the questions of the table", () => {
  for (const { name, given, shown } of table.cases as Case[]) {
    const found = shownQuestions(questions, answersOf(given)).map(({ key }) => key);
    assert.deepEqual(found.filter((key) => !always.includes(key)), shown, name);
    assert.ok(always.every((key) => found.includes(key)), name);
  }
});
