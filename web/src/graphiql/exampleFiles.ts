// Reads the examples of each view. A test carries out every one of them, and holds those of the README equal to these.

import { parse, TokenKind, type OperationDefinitionNode } from "graphql";
import type { Audience } from "../graph/views";
import buyer from "./examples/buyer.graphql?raw";
import manager from "./examples/manager.graphql?raw";
import patient from "./examples/patient.graphql?raw";
import anybody from "./examples/public.graphql?raw";

export interface Example {
  name: string;
  title: string;
  kind: string;
  sentence: string;
  /** The account of the demonstration that the sentence names. */
  account: string | undefined;
  /** With the sentence as a comment. */
  text: string;
}

const FILES: Record<Audience, string> = { PUBLIC: anybody, PATIENT: patient, BUYER: buyer, MANAGER: manager };
const LANGUAGES: ReadonlySet<string> = new Set(["English", "French"]);
const READ = new Map<Audience, readonly Example[]>();

export function examplesOf(audience: Audience): readonly Example[] {
  let examples = READ.get(audience);
  if (!examples) READ.set(audience, (examples = read(FILES[audience])));
  return examples;
}

function read(text: string): Example[] {
  return parse(text).definitions.filter((each) => each.kind === "OperationDefinition").map((each) => example(text, each));
}

/** An operation of a file, with the comment before it. */
function example(file: string, operation: OperationDefinitionNode): Example {
  const { loc, name } = operation;
  if (!loc || !name) throw new Error("Each example needs a name.");
  const comments = [];
  for (let token = loc.startToken.prev; token?.kind === TokenKind.COMMENT; token = token.prev) comments.unshift(token);
  const sentence = comments.map((token) => token.value.trim()).join(" ");
  return {
    name: name.value,
    title: titleOf(name.value),
    kind: operation.operation,
    sentence,
    account: /\w+@demo\.example/.exec(sentence)?.[0],
    text: `${file.slice(comments[0]?.start ?? loc.start, loc.end)}\n`,
  };
}

/** The name of an operation as a title: `InFrench` is "In French". */
function titleOf(name: string): string {
  const [first = "", ...others] = name.split(/(?<=[a-z])(?=[A-Z])/);
  return [first, ...others.map((word) => (LANGUAGES.has(word) ? word : word.toLowerCase()))].join(" ");
}
