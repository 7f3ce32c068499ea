// What people type as a number, in both languages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { numberIn } from "../src/text/numbers.ts";

const SAME: readonly (readonly [typed: string, value: number | null])[] = [
  ["12", 12],
  ["12,5", 12.5],
  ["12.5", 12.5],
  [" 12,5 ", 12.5],
  ["12,", 12],
  ["-3", -3],
  ["\u22123,25", -3.25],
  ["1 200", 1200],
  ["1\u00a0200,5", 1200.5],
  ["60\u202f000", 60_000],
  ["1 234 567", 1_234_567],
  ["", null],
  [",", null],
  ["12,5 kg", null],
  ["1 2", null],
  ["1 20", null],
  ["12 5000", null],
  ["1,2,3", null],
  ["1e3", null],
  ["0x10", null],
  ["١٢", null],
  ["5 to 6", null],
];

test("a number is read with a point or a comma, and with spaces between thousands", () => {
  for (const [typed, value] of SAME) {
    for (const language of ["en", "fr"] as const) assert.equal(numberIn(typed, language), value, `${language}: ${typed}`);
  }
});

test("a comma before three digits stands between thousands in English, and is decimal in French", () => {
  for (const [typed, en, fr] of [
    ["1,200", 1200, 1.2],
    ["60,000", 60_000, 60],
    ["-1,200", -1200, -1.2],
    ["1,200,000", 1_200_000, null],
    ["1,200.5", 1200.5, null],
    ["1200,500", 1200.5, 1200.5],
  ] as const) {
    assert.equal(numberIn(typed, "en"), en, typed);
    assert.equal(numberIn(typed, "fr"), fr, typed);
  }
});
