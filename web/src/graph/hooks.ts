// How pages read, change and follow the graph.

import { useCallback, useRef, useState } from "react";
import { CombinedError, useClient, useQuery, useSubscription, type AnyVariables, type Client } from "urql";
import { documentOf } from "./client";
import type { Operation } from "./operation";
import { Unreachable } from "./send";

/** A result: its data once it is there, also while it is being read again, and why there is none. */
export interface Read<Data> {
  data: Data | undefined;
  loading: boolean;
  failure: Failure | null;
  /** Reads it again from the server. */
  again: () => void;
}

/**
 * Why there is no result: `away` if the server cannot be reached, `ended` if the session had ended, or else the server's own
 * sentence; `refusals` are of an input.
 */
export type Failure = "away" | "ended" | { message: string; refusals?: readonly Refusal[] };

/** Data of a query. It is shown from the cache at once, and read again. */
export function useRead<Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
  options: { pause?: boolean } = {},
): Read<Data> {
  const [{ data, fetching, stale, error }, execute] = useQuery({
    query: documentOf(operation),
    variables: variables as Variables & AnyVariables,
    pause: options.pause ?? false,
  });
  const again = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  const failure = failureOf(error);
  const key = JSON.stringify([operation.name, variables]);
  const known = useRef<{ key: string; data: Data } | null>(null);
  if (data) known.current = { key, data };
  // What was read stays while the server is away and until it has answered again: a form may stand in it.
  const isWaiting = failure === "away" || (!failure && fetching);
  const kept = isWaiting && known.current?.key === key ? known.current.data : undefined;
  return { data: data ?? kept, loading: fetching || stale, failure, again };
}

/** Calls `received` with each event of a subscription, as long as the component is shown. */
export function useLive<Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
  received: (data: Data) => void,
  options: { pause?: boolean } = {},
): void {
  useSubscription(
    { query: documentOf(operation), variables: variables as Variables & AnyVariables, pause: options.pause ?? false },
    (_: undefined, data: Data) => {
      received(data);
      return undefined;
    },
  );
}

export interface Refusal {
  readonly message: string;
  readonly path: readonly string[];
}

/** What the only field of a mutation returns, if it was carried out. */
export type Payload<Data> = NonNullable<Data[keyof Data]>;

/** A mutation, and what became of it the last time. */
interface Action<Input, Found> {
  /** Carries it out. Returns the payload, or null if it was refused or failed. */
  run: (input: Input) => Promise<Found | null>;
  busy: boolean;
  refusals: readonly Refusal[];
  failure: Failure | null;
}

/** An operation with a single field, which takes an `input`. */
export type Mutation<Data, Input> = Operation<Data, { input: Input }>;

const NONE: readonly Refusal[] = [];
const NO_REQUEST = { sent: "", id: "" };

/** Carries out a mutation once, for a page that sends several. */
export async function carryOut<Data, Input>(client: Client, mutation: Mutation<Data, Input>, input: Input) {
  const { data, error } = await client.mutation(documentOf(mutation), { input }).toPromise();
  const [payload = null] = data ? (Object.values(data) as (Payload<Data> | null)[]) : [];
  const refusals = (payload as { userErrors: readonly Refusal[] } | null)?.userErrors ?? NONE;
  return { payload, refusals, failure: payload ? null : (failureOf(error) ?? { message: "" }) };
}

/** A mutation to carry out. With `once`, what got lost on the way is sent again as the same request: an input has one id until it is carried out. */
export function useAction<Data, Input>(mutation: Mutation<Data, Input>, { once = false } = {}): Action<Input, Payload<Data>> {
  const client = useClient();
  const request = useRef(NO_REQUEST);
  const [state, setState] = useState({ busy: false, refusals: NONE, failure: null as Failure | null });

  async function run(input: Input): Promise<Payload<Data> | null> {
    setState({ busy: true, refusals: NONE, failure: null });
    const { payload, refusals, failure } = await carryOut(client, mutation, once ? { ...input, clientMutationId: idOf(input) } : input);
    setState({ busy: false, refusals, failure });
    if (!payload || refusals.length) return null;
    request.current = NO_REQUEST;
    return payload;
  }

  function idOf(input: Input): string {
    const sent = JSON.stringify(input);
    if (request.current.sent !== sent) request.current = { sent, id: crypto.randomUUID() };
    return request.current.id;
  }

  return { run, ...state };
}

function failureOf(error: CombinedError | undefined): Failure | null {
  if (!error) return null;
  if (error.networkError instanceof Unreachable) return "away";
  const first = error.graphQLErrors[0];
  if (first?.extensions["code"] === "UNAUTHENTICATED") return "ended";
  return {
    message: first?.message ?? error.networkError?.message ?? "",
    refusals: (first?.extensions["userErrors"] as readonly Refusal[] | undefined) ?? NONE,
  };
}
