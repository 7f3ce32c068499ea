// What is drawn of an insight of means, and what two insights have in common.

import assert from "node:assert/strict";
import { test } from "node:test";
import { matching, measuresOf, membersOf, rangeOf, readableOf, sectionsOf, sharedBy, type Table } from "../src/pages/lab/insights/figures.ts";

const drug = (code: string) => [{ code, label: `Drug ${code}` }];
const statistic = (measure: "MEAN" | "MEDIAN", code: string, value: number | null, reliability = "HIGH") =>
  ({ measure, by: drug(code), value, interval: value === null ? null : { low: value - 1, high: value + 1 }, reliability }) as Table["statistics"][number];
const cell = (code: string, reliability = "HIGH") =>
  ({ category: { code: "A", label: "A" }, by: drug(code), count: 40, marginOfError: 20, share: 0.5, interval: { low: 0.4, high: 0.6 }, reliability, shareReliability: "HIGH" }) as Table["cells"][number];

const means: Table = {
  cells: [],
  statistics: [statistic("MEAN", "X", 4), statistic("MEAN", "Y", 6, "LOW"), statistic("MEAN", "Z", null, "NONE")],
  totals: [{ by: drug("Y"), count: 80, marginOfError: 48 }, { by: drug("X"), count: 300, marginOfError: 48 }],
};
const counts: Table = { cells: [cell("X"), cell("Y", "HIDDEN")], statistics: [statistic("MEAN", "X", 4), statistic("MEDIAN", "X", 5)] };
const words = { everyone: "Everyone", hidden: "hidden", nothing: "nothing", none: "none" };
const options = { measure: "MEAN", arrangement: "category", format: String, words } as const;

test("an insight of means has means, and nothing else is offered", () => {
  assert.deepEqual(measuresOf(means), ["MEAN"]);
  const unknown = { ...means, statistics: means.statistics.map((each) => ({ ...each, value: null, interval: null })) };
  assert.deepEqual(measuresOf(unknown), ["MEAN"]);
  assert.deepEqual(measuresOf(counts), ["share", "count", "MEAN", "MEDIAN"]);
});

test("two insights are compared by what both have", () => {
  assert.deepEqual(sharedBy([counts, means]), ["MEAN"]);
  assert.deepEqual(sharedBy([means, { ...counts, statistics: [] }]), []);
  assert.deepEqual(sharedBy([]), []);
});

test("each mean is drawn with its interval on the whole scale", () => {
  const sections = sectionsOf(means, options);
  assert.deepEqual(sections.map((each) => each.title), [null]);
  assert.deepEqual(
    sections[0]!.figures.map(({ label, value, low, high, precise }) => [label, value, low, high, precise]),
    [["Drug X", 4, 3, 5, true], ["Drug Y", 6, 5, 7, false], ["Drug Z", null, null, null, false]],
  );
  assert.deepEqual(rangeOf(sections, "MEAN", [0, 10, 5]), [0, 10]);
});

test("no group of means is left out", () => {
  assert.deepEqual(readableOf(means), { table: means, left: 0 });
  assert.equal(readableOf(counts).left, 1);
});

test("members stand at the mean of their group", () => {
  assert.equal(membersOf(means, { by: drug("X") })?.count, 300);
  assert.equal(membersOf(means, { by: drug("Z") }), undefined);
  assert.equal(membersOf(counts, { by: drug("X") }), undefined);
  assert.equal(matching(counts, counts).cells.length, 2);
});
