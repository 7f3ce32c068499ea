// A view's schema is built when it is first asked for, and once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchemas, VIEWS } from "../src/graph/views.ts";

test("a schema is built once, and no other with it", async (context) => {
  // Not every text is a schema: to build them all would fail.
  const texts: Record<string, string> = { "/schema/public.graphql": "type Query { communities: [String!]! }" };
  const requested = context.mock.method(globalThis, "fetch", async (path: string) => new Response(texts[path] ?? "no schema"));
  const schemas = await loadSchemas();
  assert.equal(requested.mock.callCount(), VIEWS.length);
  assert.ok(schemas("PUBLIC").getQueryType()?.getFields()["communities"]);
  assert.equal(schemas("PUBLIC"), schemas("PUBLIC"));
  assert.throws(() => schemas("BUYER"), /Syntax Error/);
});

test("a schema that cannot be loaded is named", async (context) => {
  context.mock.method(globalThis, "fetch", async () => new Response("", { status: 503 }));
  await assert.rejects(loadSchemas(), /schema of the view \w+ .*503/);
});
