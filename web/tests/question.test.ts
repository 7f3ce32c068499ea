// A question in the address, by its kind, and what the server is sent.

import assert from "node:assert/strict";
import { test } from "node:test";
import { merge } from "../src/pages/lab/datasets/groupings.ts";
import { countsOf, mergeableOf, planIn, plannedInput, questionIn, withQuestions, written, type Planned } from "../src/pages/lab/datasets/question.ts";

const variable = (name: string, scale: string) =>
  ({ name, scale, ordinal: true, categories: ["A", "B", "C", "UNKNOWN"].map((code) => ({ code, label: code, value: null })), groupings: [] }) as unknown as Planned["variable"];
const pain = variable("pain", "INTERVAL");
const [drug, sex] = [variable("drug", "NOMINAL"), variable("sex", "NOMINAL")];
const variables = [pain, drug, sex];
const asked = (text: string) => questionIn(new URLSearchParams(text), variables) as Planned;

test("the address keeps the kind, of a variable that has a mean", () => {
  for (const kind of ["COUNTS", "MEANS", "SUMS"]) {
    const question = asked(`variable=pain&by=drug&kind=${kind}`);
    assert.equal(question.kind, kind);
    assert.deepEqual(asked(String(written(question))), question);
  }
  assert.equal(asked("variable=drug&kind=MEANS").kind, "COUNTS");
  assert.equal(asked("variable=pain&kind=MEDIANS").kind, "COUNTS");
  assert.ok(!written({ ...asked("variable=pain&kind=MEANS"), variable: drug }).has("kind"));
});

test("categories of what has a mean are not merged, and those of its groups are", () => {
  const merged = "variable=pain&by=drug&merge=pain~A~B&merge=drug~A~B";
  assert.deepEqual(plannedInput(asked(merged)).groupings?.map((each) => each.variable), ["pain", "drug"]);
  const means = asked(`${merged}&kind=MEANS`);
  assert.deepEqual(plannedInput(means).groupings?.map((each) => each.variable), ["drug"]);
  assert.deepEqual(mergeableOf(means), [drug]);
  assert.deepEqual(written(means).getAll("merge"), ["drug~A~B"]);
});

test("the counts of groups are merged as they are, and have the margin", () => {
  const groupings = [asked("variable=pain").groupings[0]!, merge({ variable: "drug", name: null, merged: [] }, ["A", "B"])];
  const counts = countsOf({ ...asked("variable=pain&by=drug&by=sex&precision=WITHIN_10&kind=SUMS"), groupings });
  assert.equal(String(written(counts!)), "variable=drug&by=sex&precision=WITHIN_10&merge=drug%7EA%7EB");
  assert.equal(countsOf(asked("variable=pain&kind=SUMS")), null);
});

test("a plan has each question once, in their order", () => {
  const [means, sums] = [asked("variable=pain&by=drug&kind=MEANS"), asked("variable=pain&by=drug&kind=SUMS")];
  assert.deepEqual(withQuestions([sums, countsOf(sums)!], countsOf(sums)!, sums, means).map((each) => each.kind), ["SUMS", "COUNTS", "MEANS"]);
  const address = new URLSearchParams([sums, means].map((each) => ["plan", String(written(each))]));
  assert.deepEqual(planIn(address, variables), [sums, means]);
});
