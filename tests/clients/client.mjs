// The only place that speaks as the npm packages graphql-ws and graphql-sse do: a bridge from lines to their clients.
// Arguments: "ws" or "sse", the address, a bearer token or "". Lines of JSON in: {id, query, variables}, or {stop: id}.
// Lines of JSON out: {id, next}, {id, error}, {id, complete}; an error is a list, or the code or words of what happened.
import { createInterface } from "node:readline";
import { createClient as byEventStream } from "graphql-sse";
import { createClient as bySocket } from "graphql-ws";
import WebSocket from "ws";

const [protocol, address, token] = process.argv.slice(2);
const headers = token ? { authorization: `Bearer ${token}` } : {};
const retryWait = () => new Promise((resolve) => setTimeout(resolve, 100));
const client =
  protocol === "ws"
    ? bySocket({ url: address.replace("http", "ws"), webSocketImpl: WebSocket, connectionParams: headers, retryWait })
    : byEventStream({ url: address, headers, retry: retryWait });

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const words = (error) => (Array.isArray(error) ? error : (error.code ?? error.response?.status ?? error.message));
const stops = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const { id, stop, ...asked } = JSON.parse(line);
  if (stop) {
    stops.get(stop)();
    continue;
  }
  const sink = {
    next: (next) => say({ id, next }),
    error: (error) => say({ id, error: words(error) }),
    complete: () => say({ id, complete: true }),
  };
  stops.set(id, client.subscribe(asked, sink));
}
process.exit(0);
