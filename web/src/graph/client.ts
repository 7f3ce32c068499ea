// The cache of results, and behind it what sends: POST for queries and mutations, Server-Sent Events for subscriptions.

import {
  cacheExchange,
  Client,
  getOperationName,
  gql,
  makeErrorResult,
  makeResult,
  type AnyVariables,
  type Exchange,
  type Operation as Sent,
  type OperationResult,
  type TypedDocumentNode,
} from "@urql/core";
import { createClient } from "graphql-sse";
import { filter, make, merge, mergeMap, pipe, share, takeUntil, type Source } from "wonka";
import type { Operation } from "./operation";
import { note, onAgain } from "./reach";
import { ENDPOINT, headers, isEnded, isOfAnotherView, send, Unreachable, type Result } from "./send";

const documents = new Map<string, { text: string; document: TypedDocumentNode }>();

/** An operation as the cache needs it: parsed, once. */
export function documentOf<Data, Variables>(operation: Operation<Data, Variables>) {
  let known = documents.get(operation.name);
  if (!known) {
    known = { text: operation.text, document: gql(operation.text) };
    documents.set(operation.name, known);
  }
  return known.document as unknown as TypedDocumentNode<Data, Variables & AnyVariables>;
}

/** A client with an empty cache: each session has its own. `onEnded` returns whether a session has ended, elsewhere. */
export function createGraph(onEnded: () => boolean): { client: Client; close: () => void } {
  const failed = new Map<number, Sent>(); // queries and subscriptions to send again
  const again = new Set<number>(); // queries that are sent again, as their session seemed to have ended
  const events = createClient({
    url: ENDPOINT,
    credentials: "same-origin",
    headers,
    retryAttempts: 1_000_000, // with growing pauses: a page may be open for days
  });
  const sending: Exchange = () => (operations) => {
    const shared = share(operations);
    const carryOut = (operation: Sent) => {
      const ends = pipe(shared, filter((each) => each.kind === "teardown" && each.key === operation.key));
      return pipe(operation.kind === "subscription" ? subscribed(operation) : answered(operation), takeUntil(ends));
    };
    const sent = pipe(shared, filter((each) => each.kind !== "teardown"), mergeMap(carryOut));
    const none = pipe(shared, filter((each) => each.kind === "teardown"), mergeMap((each) => forget(each)));
    return merge([sent, none]);
  };

  function forget(operation: Sent): Source<OperationResult> {
    failed.delete(operation.key);
    return make(({ complete }) => {
      complete();
      return () => undefined;
    });
  }

  function answered(operation: Sent): Source<OperationResult> {
    return make(({ next, complete }) => {
      const controller = new AbortController();
      send<unknown>(requestOf(operation), controller.signal).then(
        ({ result }) => {
          note(true);
          failed.delete(operation.key);
          // What is shown stays, and with it what was typed: whoever signs in again goes on.
          if (hasEnded(result) && operation.kind === "query" && !again.has(operation.key)) {
            again.add(operation.key);
            failed.set(operation.key, operation);
            return;
          }
          again.delete(operation.key);
          next(resultOf(operation, result));
          complete();
        },
        (error: unknown) => {
          if (controller.signal.aborted) return;
          if (error instanceof Unreachable) {
            note(false);
            if (operation.kind === "query") failed.set(operation.key, operation);
          }
          next(makeErrorResult(operation, error as Error));
          complete();
        },
      );
      return () => controller.abort();
    });
  }

  function subscribed(operation: Sent): Source<OperationResult> {
    return make(({ next }) => {
      const { query, variables } = requestOf(operation);
      return events.subscribe(
        { query, variables: variables ?? null },
        {
          next: (result) => {
            if (!hasEnded(result as Result<unknown>)) next(resultOf(operation, result as Result<unknown>));
          },
          error: () => failed.set(operation.key, operation),
          complete: () => failed.set(operation.key, operation),
        },
      );
    });
  }

  function hasEnded(result: Result<unknown>): boolean {
    return (isEnded(result) || isOfAnotherView(result)) && onEnded();
  }

  function resultOf(operation: Sent, result: Result<unknown>): OperationResult {
    return makeResult(operation, result as Parameters<typeof makeResult>[1]);
  }

  function resume(): void {
    const waiting = [...failed.values()];
    failed.clear();
    for (const operation of waiting) {
      client.reexecuteOperation(operation); // of one that still waits for its result, urql only forgets that it waits
      client.reexecuteOperation(operation);
    }
  }

  const exchanges = [cacheExchange, sending];
  const client = new Client({ url: ENDPOINT, exchanges, requestPolicy: "cache-and-network", preferGetMethod: false });
  const stop = onAgain(resume);
  return {
    client,
    close() {
      stop();
      events.dispose();
    },
  };
}

function requestOf(operation: Sent): { query: string; variables: Record<string, unknown> } {
  const text = documents.get(getOperationName(operation.query) ?? "")?.text;
  if (text === undefined) throw new Error("An operation was not made by documentOf.");
  return { query: text, variables: operation.variables ?? {} };
}
