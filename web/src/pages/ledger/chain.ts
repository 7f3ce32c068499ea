// Checks the chain of the public ledger. privacy/chain.py defines the text that is hashed.

export interface Entry {
  readonly position: number;
  readonly hash: string;
  readonly previousHash: string;
  readonly line: string;
}

export interface Verdict {
  /** The number of entries that hold, from the first on. */
  checked: number;
  /** The position of the first entry that does not. */
  broken: number | null;
  /** The hash of the last entry that holds. */
  head: string;
}

const GENESIS = "0".repeat(64);
const VERSIONS = [1, 2];

/** The verdict on all entries, from the first on, given in pages. `onProgress` is called after each page. */
export async function checkChain(pages: AsyncIterable<readonly Entry[]>, onProgress: (checked: number) => void): Promise<Verdict> {
  let [checked, head, version] = [0, GENESIS, 1];
  for await (const entries of pages) {
    for (const entry of entries) {
      const found = await versionOf(entry, checked + 1, head);
      if (found === null || found < version) return { checked, broken: checked + 1, head };
      [checked, head, version] = [checked + 1, entry.hash, found];
    }
    onProgress(checked);
  }
  return { checked, broken: null, head };
}

/** The version of an entry that holds at its place; null if it does not. */
async function versionOf(entry: Entry, place: number, previous: string): Promise<number | null> {
  const stated = parsed(entry.line);
  const holds =
    entry.position === place &&
    stated["position"] === place &&
    entry.previousHash === previous &&
    stated["previous"] === previous &&
    entry.hash === (await sha256(entry.line));
  const version = (stated["version"] ?? 1) as number;
  return holds && VERSIONS.includes(version) ? version : null;
}

function parsed(line: string): Record<string, unknown> {
  try {
    return (JSON.parse(line) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
