// Sends operations to the graph. Whoever has signed in is known by the session cookie, which no script can read.

export interface Request {
  query: string;
  variables?: Record<string, unknown> | undefined;
  operationName?: string | undefined;
}

interface GraphError {
  message: string;
  extensions?: { code?: string };
}

export interface Result<Data> {
  data?: Data | null;
  errors?: readonly GraphError[];
  extensions?: Record<string, unknown>;
}

/** A result, and what the request for it took. */
export interface Answer<Data> {
  result: Result<Data>;
  status: number;
  milliseconds: number;
  bytes: number;
  cost: Cost | null;
  /** In which it was answered, such as `fr`. */
  language: string | null;
}

/** Nothing was answered: the server, or the way to it, is away. */
export class Unreachable extends Error {}

export interface Cost {
  requested: number;
  limit: number;
}

export const ENDPOINT = "/graphql";

/** Without the first, the cookie does not count; with the second, the response has the operation's cost. */
export const HEADERS = { "graphql-require-preflight": "1", "graphql-cost": "1" };

let language = "";

/** Sets the language of what is sent from now on. That of the account comes before it. */
export function speak(chosen: string): void {
  language = chosen;
}

/** The headers of a request, with the language that was chosen. */
export function headers(): Record<string, string> {
  return language ? { ...HEADERS, "accept-language": language } : HEADERS;
}

/** Whether a result says that the session has ended. */
export function isEnded(result: Result<unknown>): boolean {
  return result.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED") ?? false;
}

/** Whether a view does not have what a page selects: a stream has met the end of the session, and the cookie is gone since. */
export function isOfAnotherView(result: Result<unknown>): boolean {
  return result.errors?.some((error) => error.extensions?.code === "GRAPHQL_VALIDATION_FAILED") ?? false;
}

/** Carries out a query or a mutation. Throws an Error with a sentence for people if there is no result: Unreachable if nothing answered. */
export async function send<Data>(request: Request, signal?: AbortSignal): Promise<Answer<Data>> {
  const started = performance.now();
  const response = await fetch(ENDPOINT, {
    method: "POST",
    credentials: "same-origin",
    headers: { ...headers(), accept: "application/graphql-response+json", "content-type": "application/json" },
    body: JSON.stringify(request),
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Unreachable("The server cannot be reached. Nothing was lost: send the operation again once it is back.");
  });
  const text = await response.text();
  const milliseconds = performance.now() - started;
  const result = parsed<Data>(text);
  if (result === null) throw new Error(`The server answered with status ${response.status}, and with no result.`);
  return { result, status: response.status, milliseconds, bytes: new Blob([text]).size, cost: costOf(result), language: response.headers.get("content-language") };
}

function parsed<Data>(text: string): Result<Data> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Result<Data>) : null;
  } catch {
    return null;
  }
}

function costOf(result: Result<unknown>): Cost | null {
  return (result.extensions?.["cost"] as Cost | undefined) ?? null;
}
