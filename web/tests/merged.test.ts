// Answers that two windows give to the same survey.

import assert from "node:assert/strict";
import { test } from "node:test";
import { merged, type Answers } from "../src/pages/member/surveys/answers.ts";

const text = (typed: string) => ({ codes: [], typed });
const choice = (...codes: string[]) => ({ codes, typed: "" });

test("what another window has saved is taken", () => {
  const known: Answers = { comment: text("a"), kinds: choice("X") };
  const saved: Answers = { comment: text("a and b"), kinds: choice("X", "Y"), more: text("new") };
  assert.deepEqual(merged(known, known, saved), saved);
});

test("what was answered here meanwhile stays", () => {
  const known: Answers = { comment: text("a"), kinds: choice("X") };
  const given: Answers = { comment: text("typing"), kinds: choice() };
  const saved: Answers = { comment: text("theirs"), kinds: choice("X", "Y") };
  assert.equal(merged(given, known, saved), given);
});

test("what the server does not have stays: its question may be hidden", () => {
  const known: Answers = { helper: choice("YES") };
  const given: Answers = { helper: choice("YES"), burden: text("3") };
  assert.equal(merged(given, known, { burden: text("3") }), given);
});
