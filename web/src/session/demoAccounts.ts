// The accounts of the demonstration, whose password is public. The server writes them into the page if it has them.

import type { Audience } from "../graph/views";

export interface Demonstration {
  password: string;
  /** E-mail addresses by view; the first is the one that a click signs in. */
  accounts: Partial<Record<Audience, readonly string[]>>;
}

export function demonstrationOf(root: HTMLElement): Demonstration | null {
  const given = root.dataset["demonstration"];
  return given ? (JSON.parse(given) as Demonstration) : null;
}
