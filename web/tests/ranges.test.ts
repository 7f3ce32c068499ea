// The axis of a curve shows what a quantity can be, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { rangeOf } from "../src/pages/diary/ranges.ts";

const distance = { scale: "QUANTITY", minimum: 0, maximum: 1200 };

function of(...values: number[]): [number, number] {
  return rangeOf(distance, values.map((value) => ({ minimum: value, maximum: value })));
}

test("a quantity has room around its points", () => {
  const [from, to] = of(300, 420);
  assert.ok(from > 0 && from < 300 && to > 420 && to < 1200);
});

test("no axis shows what the quantity cannot be", () => {
  assert.equal(of(4, 410)[0], 0);
  assert.equal(of(700, 1190)[1], 1200);
  assert.equal(of(0)[0], 0);
});

test("a value outside of bounds that were changed is drawn", () => {
  assert.equal(of(-5, 10)[0], -5);
});

test("a scale is drawn whole", () => {
  assert.deepEqual(rangeOf({ scale: "SEVERITY", minimum: 0, maximum: 10 }, [{ minimum: 4, maximum: 5 }]), [0, 10]);
});
