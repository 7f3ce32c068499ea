// Runs the audits of the npm package graphql-http. Arguments: the address, a bearer token or "".
// Prints a line of JSON for each: {id, name, status}, and with it {reason, answer} unless the status is "ok".
import { serverAudits } from "graphql-http";

const [url, token] = process.argv.slice(2);
const more = { "graphql-require-preflight": "1", ...(token ? { authorization: `Bearer ${token}` } : {}) };
const fetchFn = (address, init = {}) => fetch(address, { ...init, headers: { ...init.headers, ...more } });

for (const audit of serverAudits({ url, fetchFn })) {
  const { id, name, status, reason, response } = await audit.fn();
  const failed = status === "ok" ? {} : { reason, answer: `${response.status} ${await response.text()}` };
  console.log(JSON.stringify({ id, name, status, ...failed }));
}
