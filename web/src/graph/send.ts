// Sends operations to the graph. Whoever has signed in is known by the session cookie, which no script can read.

export interface Request {
  query: string;
  variables?: Record<string, unknown> | undefined;
  operationName?: string | undefined;
}

export interface GraphError {
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
}

export interface Cost {
  requested: number;
  limit: number;
}

export const ENDPOINT = "/graphql";

/** Without the first, the cookie does not count; with the second, the response has the operation's cost. */
export const HEADERS = { "graphql-require-preflight": "1", "graphql-cost": "1" };

/** Carries out a query or a mutation. Throws an Error with a sentence for people if there is no result. */
export async function send<Data>(request: Request, signal?: AbortSignal): Promise<Answer<Data>> {
  const started = performance.now();
  const response = await fetch(ENDPOINT, {
    method: "POST",
    credentials: "same-origin",
    headers: { ...HEADERS, accept: "application/graphql-response+json", "content-type": "application/json" },
    body: JSON.stringify(request),
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Error("The server cannot be reached. Nothing was lost: send the operation again once it is back.");
  });
  const text = await response.text();
  const milliseconds = performance.now() - started;
  const result = parsed<Data>(text);
  if (result === null) throw new Error(`The server answered with status ${response.status}, and with no result.`);
  return { result, status: response.status, milliseconds, bytes: new Blob([text]).size, cost: costOf(result) };
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
