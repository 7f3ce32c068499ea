// Carries out what GraphiQL runs: queries and mutations by POST, subscriptions as Server-Sent Events.

import type { Fetcher, FetcherParams, SyncExecutionResult } from "@graphiql/toolkit";
import { OperationTypeNode, parse, type OperationDefinitionNode } from "graphql";
import { createClient } from "graphql-sse";
import { ENDPOINT, HEADERS, send, type Result } from "../graph/send";
import type { Measures } from "./Measured";

type OnResult = (result: Result<unknown>, measures: Measures) => void;

export function createFetcher(onResult: OnResult): Fetcher {
  const events = createClient({ url: ENDPOINT, credentials: "same-origin", headers: HEADERS, retryAttempts: 0 });
  return (params) => {
    const { query, variables, operationName } = params as FetcherParams & { variables?: Record<string, unknown> };
    const chosen = chosenOperation(query, operationName ?? undefined);
    const request = { query, variables, operationName: chosen?.name?.value };
    if (chosen?.operation === OperationTypeNode.SUBSCRIPTION) {
      const named = request.operationName ? { operationName: request.operationName } : {};
      return counted(events.iterate({ query, variables: variables ?? null, ...named }), onResult);
    }
    return send<unknown>(request).then(({ result, cost, milliseconds, bytes }) => {
      onResult(result, { kind: "answered", cost, milliseconds, bytes });
      return withoutCost(result) as SyncExecutionResult;
    });
  };
}

/** The operation of this name; the first if there is none, for GraphiQL learns late of another text. */
function chosenOperation(query: string, name: string | undefined): OperationDefinitionNode | undefined {
  let definitions;
  try {
    ({ definitions } = parse(query));
  } catch {
    return undefined; // the server says what is wrong with it
  }
  const operations = definitions.filter((each) => each.kind === "OperationDefinition");
  return operations.find((each) => each.name?.value === name) ?? operations[0];
}

async function* counted(results: AsyncIterable<unknown>, onResult: OnResult): AsyncGenerator<SyncExecutionResult> {
  let events = 0;
  onResult({}, { kind: "subscribed", events });
  for await (const result of results) {
    events += 1;
    onResult(result as Result<unknown>, { kind: "subscribed", events });
    yield result as SyncExecutionResult;
  }
}

/** A result without the cost, which is in it because this page requests it, and is shown below it. */
function withoutCost(result: Result<unknown>): Result<unknown> {
  const { extensions, ...rest } = result;
  const { cost: _, ...others } = extensions ?? {};
  return Object.keys(others).length ? { ...rest, extensions: others } : rest;
}
