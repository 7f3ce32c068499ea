// Generates typed modules from the operations in `.graphql` files: `node operations.ts`. Vite does the same by itself.
//
// The folder of a file names who sends its operations, and with it the views against whose SDL they are checked. The
// module is written beside the file: `pages/ledger/everybody/ledger.graphql` becomes `ledger.ts`.

import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { codegen } from "@graphql-codegen/core";
import * as types from "@graphql-codegen/typescript-operations";
import {
  buildSchema, Kind, parse, print, Source, specifiedRules, NoUnusedFragmentsRule, validate, visit,
  type DefinitionNode, type DocumentNode, type FragmentDefinitionNode, type GraphQLSchema, type OperationDefinitionNode,
} from "graphql";

const WEB = import.meta.dirname;
const VIEWS = ["public", "patient", "buyer", "manager"] as const;
type View = (typeof VIEWS)[number];

/** The views in which the operations of a folder are carried out, by the folder's name. */
const FOLDERS: Record<string, readonly View[]> = {
  everybody: VIEWS,
  account: ["patient", "buyer", "manager"],
  readers: ["public", "patient", "manager"],
  public: ["public"],
  patient: ["patient"],
  buyer: ["buyer"],
  manager: ["manager"],
};
const RULES = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);
const SCALARS = { ID: "string", Cursor: "string", Date: "string", DateTime: "string", EmailAddress: "string", Decimal: "string" };
const CONFIG = { enumsAsTypes: true, immutableTypes: true, skipTypename: true, strictScalars: true, useTypeImports: true };

interface File {
  path: string;
  folder: string;
  document: DocumentNode;
}

interface Trusted {
  id: string;
  name: string;
  type: string;
  body: string;
}

/** Writes the modules, and each view's manifest of trusted documents. Throws an Error that names each fault. */
async function generate(): Promise<void> {
  const schemas = Object.fromEntries(VIEWS.map((view) => [view, schemaOf(view)])) as Record<View, GraphQLSchema>;
  const files = globSync("src/**/*.graphql", { cwd: WEB })
    .sort()
    .map(read)
    .filter((file) => file !== null);
  const manifests: Record<View, Trusted[]> = { public: [], patient: [], buyer: [], manager: [] };
  const names = new Map<string, string>();
  rmSync(join(WEB, "generated"), { recursive: true, force: true });
  mkdirSync(join(WEB, "generated"));
  for (const name of globSync(`src/**/{${Object.keys(FOLDERS).join(",")}}/*.ts`, { cwd: WEB })) {
    if (!existsSync(join(WEB, name.replace(/\.ts$/, ".graphql")))) rmSync(join(WEB, name));
  }
  for (const [folder, views] of Object.entries(FOLDERS)) {
    const members = files.filter((file) => file.folder === folder);
    const definitions = members.flatMap((file) => file.document.definitions);
    const whole: DocumentNode = { kind: Kind.DOCUMENT, definitions };
    const faults = views.flatMap((view) =>
      validate(schemas[view], whole, RULES, { maxErrors: 20 }).map((error) => `In the view ${view}: ${error}`),
    );
    if (faults.length) throw new Error(faults.join("\n\n"));
    for (const file of members) {
      const operations = file.document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
      for (const operation of operations) {
        const trusted = trustedOf(operation, definitions, file.path);
        const other = names.get(trusted.name);
        if (other) throw new Error(`Two operations are named ${trusted.name}: in ${other} and in ${file.path}.`);
        names.set(trusted.name, file.path);
        for (const view of views) manifests[view].push(trusted);
      }
      writeFileSync(file.path.replace(/\.graphql$/, ".ts"), moduleOf(file, definitions));
    }
    const written = members.length ? await typesOf(schemas[views[0]!], whole) : "export {};\n";
    writeFileSync(join(WEB, "generated", `${folder}.ts`), written);
  }
  for (const view of VIEWS) {
    const manifest = { format: "apollo-persisted-query-manifest", version: 1, operations: manifests[view] };
    mkdirSync(join(WEB, "generated", "manifests", view), { recursive: true });
    writeFileSync(join(WEB, "generated", "manifests", view, "pages.json"), JSON.stringify(manifest, null, 2));
  }
}

function schemaOf(view: View): GraphQLSchema {
  return buildSchema(readFileSync(join(WEB, "..", "schema", "views", `${view}.graphql`), "utf8"));
}

function read(name: string): File | null {
  const path = join(WEB, name);
  const folder = basename(dirname(path));
  if (folder === "examples") return null; // of GraphiQL: they are texts to show
  if (!(folder in FOLDERS)) throw new Error(`${name}: its folder is none of ${Object.keys(FOLDERS).join(", ")}.`);
  return { path, folder, document: parse(new Source(readFileSync(path, "utf8"), name)) };
}

/** An operation with its fragments, and `__typename` in every object, by which results are cached. */
function trustedOf(operation: OperationDefinitionNode, all: readonly DefinitionNode[], path: string): Trusted {
  const name = operation.name?.value;
  if (!name) throw new Error(`${path}: an operation has no name.`);
  const fragments = new Map<string, FragmentDefinitionNode>();
  const collect = (from: DefinitionNode): void => {
    visit(from, {
      FragmentSpread({ name: { value } }) {
        const found = all.find((each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === value);
        if (!found || fragments.has(value)) return;
        fragments.set(value, found as FragmentDefinitionNode);
        collect(found);
      },
    });
  };
  collect(operation);
  const sorted = [...fragments.values()].sort((one, other) => (one.name.value < other.name.value ? -1 : 1));
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation, ...sorted] };
  const body = print(visit(document, { SelectionSet: { leave: withTypename } }));
  return { id: `sha256:${createHash("sha256").update(body).digest("hex")}`, name, type: operation.operation, body };
}

const withTypename: NonNullable<Parameters<typeof visit>[1]["SelectionSet"]>["leave"] = (node, _key, parent) => {
  const owner = Array.isArray(parent) ? undefined : (parent as { kind?: string } | undefined);
  const isRoot = owner?.kind === Kind.OPERATION_DEFINITION;
  const has = node.selections.some((each) => each.kind === Kind.FIELD && each.name.value === "__typename" && !each.alias);
  if (isRoot || has || owner?.kind === Kind.INLINE_FRAGMENT) return undefined;
  const field = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } } as const;
  return { ...node, selections: [...node.selections, field] };
};

function moduleOf(file: File, all: readonly DefinitionNode[]): string {
  const root = relative(dirname(file.path), WEB);
  const imported: string[] = [];
  const lines: string[] = [];
  for (const each of file.document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) {
      lines.push(`export type { ${each.name.value}Fragment } from "${root}/generated/${file.folder}";`);
    } else if (each.kind === Kind.OPERATION_DEFINITION) {
      const { name, body, type } = trustedOf(each, all, file.path);
      const data = `${name}${type[0]!.toUpperCase()}${type.slice(1)}`;
      imported.push(data, `${data}Variables`);
      lines.push(`export const ${name} = operation<${data}, ${data}Variables>("${name}", ${JSON.stringify(body)});`);
    }
  }
  const needed = imported.length
    ? [
        `import { operation } from "${root}/src/graph/operation";`,
        `import type { ${imported.join(", ")} } from "${root}/generated/${file.folder}";`,
      ]
    : [];
  return [`// Generated from ${basename(file.path)} by operations.ts.`, "", ...needed, "", ...lines, ""].join("\n");
}

async function typesOf(schemaAst: GraphQLSchema, document: DocumentNode): Promise<string> {
  const config = { ...CONFIG, scalars: SCALARS };
  const documents = [{ location: "operations", document }];
  const plugin = { plugins: [{ types: {} }], pluginMap: { types } };
  return codegen({ filename: "", schema: { kind: Kind.DOCUMENT, definitions: [] }, schemaAst, documents, config, ...plugin });
}

try {
  await generate();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
