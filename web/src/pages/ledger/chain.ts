// Checks the chain of the public ledger. privacy/chain.py defines the text that is hashed.

export interface Entry {
  readonly position: number;
  readonly hash: string;
  readonly previousHash: string;
  readonly line: string;
}

export interface Verdict {
  /** The number of entries that hold, from the newest on. */
  checked: number;
  /** The position of the newest entry that does not. */
  broken: number | null;
  /** The hash of the newest entry; null if there is none. */
  head: string | null;
}

const GENESIS = "0".repeat(64); // what the first entry has for the hash of the one before it
const OLDEST = 1;
const NEWEST = 2; // versions

/**
 * The verdict on all entries, from the newest to the first, given in pages. What is appended meanwhile is not among
 * them. `onProgress` is called after each page.
 */
export async function checkChain(
  pages: AsyncIterable<readonly Entry[]>,
  onProgress: (checked: number) => void,
): Promise<Verdict> {
  let checked = 0;
  let head: string | null = null;
  let expected: Link | null = null;
  for await (const entries of pages) {
    for (const entry of entries) {
      const next = await linkOf(entry, expected);
      if (!next) return { checked, broken: expected?.position ?? entry.position, head };
      checked += 1;
      head ??= entry.hash;
      expected = next;
    }
    onProgress(checked);
  }
  const isWhole = expected === null || (expected.position === 0 && expected.hash === GENESIS);
  return { checked, broken: isWhole ? null : (expected?.position ?? null), head };
}

/** What an entry states of the one before it. */
interface Link {
  position: number;
  hash: string;
  /** The newest that it may be of. */
  version: number;
}

/** What an entry states of the one before it; null if it does not hold, or is not the `expected` one. */
async function linkOf(entry: Entry, expected: Link | null): Promise<Link | null> {
  const stated = parsed(entry.line);
  const version = (stated["version"] ?? OLDEST) as number;
  const holds =
    stated["position"] === entry.position && stated["previous"] === entry.previousHash && version >= OLDEST &&
    version <= (expected?.version ?? NEWEST) &&
    (expected === null || (entry.position === expected.position && entry.hash === expected.hash)) &&
    entry.hash === (await sha256(new TextEncoder().encode(entry.line)));
  return holds ? { position: entry.position - 1, hash: entry.previousHash, version } : null;
}

function parsed(line: string): Record<string, unknown> {
  try {
    return (JSON.parse(line) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}

/** The digest in hexadecimal digits, as the ledger writes it. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
