// An operation in one of the graph's views: its text, and the types of its variables and of its data.

export interface Operation<Data, Variables> {
  readonly name: string;
  /** As the manifest of trusted documents has it, to the letter. */
  readonly text: string;
  /** Never there: it holds the types. */
  readonly types?: (variables: Variables) => Data;
}

export function operation<Data, Variables>(name: string, text: string): Operation<Data, Variables> {
  return { name, text };
}
