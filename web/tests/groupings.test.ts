// Categories of a question that are merged by pointing: what the server is sent, and what the address keeps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { groupingIn, groupsOf, inputOf, merge, mergeable, writeGrouping } from "../src/pages/lab/datasets/groupings.ts";

type Variable = Parameters<typeof inputOf>[0];
const codes = ["A", "B", "C", "D", "UNKNOWN"];
const categories = codes.map((code) => ({ code, label: code.toLowerCase(), value: null }));
const variable = { name: "age", ordinal: true, categories, groupings: [] } as unknown as Variable;
const none = { variable: "age", name: null, merged: [] };

test("what is not merged stays as it is, and UNKNOWN is not sent", () => {
  assert.equal(inputOf(variable, none), null);
  const sent = inputOf(variable, merge(none, ["B", "C"]));
  assert.deepEqual(sent?.groups, [{ categories: ["A"] }, { categories: ["B", "C"] }, { categories: ["D"] }]);
});

test("what was merged is merged with more", () => {
  const more = merge(merge(none, ["A", "B"]), ["B", "C"]);
  assert.deepEqual(groupsOf(variable, more).map(({ label }) => label), ["a + b + c", "d", "unknown"]);
});

test("neighbours alone are merged if the categories are in order", () => {
  const groups = groupsOf(variable, none);
  const [first, second, third, , unknown] = groups;
  assert.ok(mergeable(variable, groups, [second!, first!]));
  assert.ok(!mergeable(variable, groups, [first!, third!]));
  assert.ok(mergeable({ ...variable, ordinal: false }, groups, [first!, third!]));
  assert.ok(!mergeable({ ...variable, ordinal: false }, groups, [first!, unknown!]));
  assert.ok(!mergeable(variable, groups, [first!]));
});

test("the address keeps groupings, of this variable and of known categories", () => {
  for (const grouping of [none, merge(none, ["A", "B"]), { ...none, name: "By ~ two" }]) {
    const params = new URLSearchParams();
    writeGrouping(params, grouping);
    assert.deepEqual(groupingIn(new URLSearchParams(params.toString()), variable), grouping);
  }
  assert.deepEqual(groupingIn(new URLSearchParams("merge=age~A~gone&merge=sex~A~B"), variable), none);
});
