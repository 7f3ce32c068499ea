// What GraphiQL stores in the browser: tabs and history, but of queries and subscriptions alone.
//
// A mutation may have a password, a code or what a member wrote in it, and so may a text that is not finished or not
// valid, a comment, or the headers. None of these is stored. What is stored is valid in one of the views, so that all
// it has are arguments of fields that read.

import { parse, TokenKind, validate, type DocumentNode } from "graphql";
import { VIEWS, type Schemas } from "../graph/views";

interface Entry {
  query?: string | null;
  variables?: string | null;
  headers?: string | null;
}

/** In place of what is not stored; GraphiQL would take names out of it. */
const NOTHING = { query: null, variables: null, headers: null, operationName: null, title: "<untitled>" };

const TABS = "graphiql:tabState";
const LISTS = ["graphiql:queries", "graphiql:favorites"];
const QUERY = "graphiql:query";
/** Sizes of panes, the theme and the open panel: they have no text of anybody's. */
const HARMLESS = /^graphiql:(?:\w+Flex|theme|visiblePlugin|shouldPersistHeaders)$/;

export function safeStorage(store: Storage, schemas: Schemas): Storage {
  const texts = new Map<string, string | null>();

  /** The text as it may be stored, or null. */
  function storable(text: string): string | null {
    const known = texts.get(text);
    if (known !== undefined) return known;
    const found = isReading(text, schemas) ? withoutComments(text) : null;
    if (texts.size > 200) texts.clear();
    texts.set(text, found);
    return found;
  }

  function cleaned(entry: Entry): Entry {
    const query = entry.query ? storable(entry.query) : null;
    if (query === null) return { ...entry, ...NOTHING };
    return { ...entry, query, variables: variablesOf(query, entry.variables), headers: null };
  }

  function safe(key: string, value: string): string | null {
    if (HARMLESS.test(key)) return value;
    if (key === QUERY) return storable(value);
    if (key === TABS) {
      const state = JSON.parse(value) as { tabs: Entry[] };
      return JSON.stringify({ ...state, tabs: state.tabs.map(cleaned) });
    }
    if (LISTS.includes(key)) {
      const name = key.replace("graphiql:", "");
      const entries = (JSON.parse(value) as Record<string, Entry[]>)[name] ?? [];
      // GraphiQL takes an entry into its list only if storing it succeeds.
      if (entries.some((entry) => !entry.query || storable(entry.query) === null)) throw new Error("not stored");
      return JSON.stringify({ [name]: entries.map(cleaned) });
    }
    return null;
  }

  return {
    getItem: (key) => store.getItem(key),
    setItem(key, value) {
      const kept = safe(key, value);
      if (kept === null) store.removeItem(key);
      else store.setItem(key, kept);
    },
    removeItem: (key) => store.removeItem(key),
    clear() {
      for (const key of Object.keys(store)) if (key.startsWith("graphiql:")) store.removeItem(key);
    },
    key: (index) => store.key(index),
    get length() {
      return store.length;
    },
  };
}

/** Whether a text has nothing but queries and subscriptions that are valid in one of the views. */
function isReading(text: string, schemas: Schemas): boolean {
  const document = parsed(text);
  if (!document) return false;
  const reads = document.definitions.every(
    (each) => each.kind === "FragmentDefinition" || (each.kind === "OperationDefinition" && each.operation !== "mutation"),
  );
  return reads && VIEWS.some(({ audience }) => validate(schemas(audience), document).length === 0);
}

function parsed(text: string): DocumentNode | null {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

/** The text without its comments, each of which may be an operation that was written before. */
function withoutComments(text: string): string {
  let found = "";
  let end = 0;
  for (let token = parsed(text)?.loc?.startToken; token; token = token.next ?? undefined) {
    if (token.kind !== TokenKind.COMMENT) continue;
    found += text.slice(end, token.start);
    end = token.end;
  }
  return (found + text.slice(end)).trim();
}

/** The variables, if the document declares each of them. */
function variablesOf(query: string, variables: string | null | undefined): string | null {
  if (!variables) return null;
  const declared = new Set<string>();
  for (const each of parsed(query)?.definitions ?? []) {
    if (each.kind === "OperationDefinition") each.variableDefinitions?.forEach((one) => declared.add(one.variable.name.value));
  }
  try {
    const given = JSON.parse(variables) as object;
    return Object.keys(given).every((name) => declared.has(name)) ? variables : null;
  } catch {
    return null;
  }
}
