// The four views of the graph, and the schema of each.

import { buildSchema, type GraphQLSchema } from "graphql";

export type Audience = "PUBLIC" | "PATIENT" | "BUYER" | "MANAGER";

export interface View {
  audience: Audience;
  /** As in the address of its SDL, and in the colors of its style. */
  name: string;
  label: string;
  /** Who uses it, to follow "The view of". */
  people: string;
}

export const VIEWS: readonly View[] = [
  { audience: "PUBLIC", name: "public", label: "Visitor", people: "anybody who has not signed in" },
  { audience: "PATIENT", name: "patient", label: "Patient", people: "patients, relatives and associations" },
  { audience: "BUYER", name: "buyer", label: "Laboratory", people: "laboratories, hospitals, mutuals and insurers" },
  { audience: "MANAGER", name: "manager", label: "Staff", people: "the network’s staff" },
];

/** The schema of a view, which is built when it is first asked for: that takes long. */
export type Schemas = (audience: Audience) => GraphQLSchema;

export function viewOf(audience: Audience): View {
  const found = VIEWS.find((view) => view.audience === audience);
  if (!found) throw new Error("The server has a view that this page does not know: build the pages again.");
  return found;
}

/** The schemas of all views, from the SDL that the server serves to everybody. */
export async function loadSchemas(): Promise<Schemas> {
  const texts = new Map(await Promise.all(VIEWS.map(async ({ audience, name }) => [audience, await loadSdl(name)] as const)));
  const built = new Map<Audience, GraphQLSchema>();
  return (audience) => {
    const schema = built.get(audience) ?? buildSchema(texts.get(audience) ?? "", { assumeValid: true });
    built.set(audience, schema);
    return schema;
  };
}

async function loadSdl(name: string): Promise<string> {
  const response = await fetch(`/schema/${name}.graphql`);
  if (!response.ok) throw new Error(`The schema of the view ${name} cannot be loaded (status ${response.status}).`);
  return response.text();
}
