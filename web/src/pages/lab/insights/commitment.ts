// Checks that an entry of the public ledger vouches for counts. privacy/chain.py defines both texts that are hashed.

import { sha256 } from "../../ledger/chain";

interface Proof {
  readonly salt: string | null;
  readonly counts: readonly number[];
  readonly commitment: string;
  readonly hash: string;
  readonly line: string;
}

/** Whether the entry's line has its hash, and in it the digest of the salt and the counts. */
export async function isVouchedFor({ salt, counts, commitment, hash, line }: Proof): Promise<boolean> {
  const stated = JSON.parse(line) as Record<string, unknown>;
  const bytes = new Uint8Array([...bytesOf(salt ?? ""), ...new TextEncoder().encode(JSON.stringify(counts))]);
  const found = await sha256(bytes);
  return found === commitment && stated[salt === null ? "cells" : "commitment"] === found && (await sha256(new TextEncoder().encode(line))) === hash;
}

function bytesOf(hexadecimal: string): number[] {
  return (hexadecimal.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
}
