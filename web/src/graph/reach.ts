// Whether the server can be reached. While it cannot, it is looked for every few seconds.

import { useSyncExternalStore } from "react";

const EVERY = 3_000; // milliseconds

let away = false;
const listeners = new Set<() => void>();
const waiting = new Set<() => void>();

/** To be called whenever the server did or did not answer. */
export function note(reached: boolean): void {
  if (away === !reached) return;
  away = !reached;
  if (away) setTimeout(look, EVERY);
  for (const listener of [...listeners]) listener();
}

/** Looks for the server now. */
export async function look(): Promise<void> {
  if (!away) return;
  if (await isThere()) note(true);
  else setTimeout(look, EVERY);
}

/** To be called when something failed that may be due to a server that is away. */
export async function doubt(): Promise<void> {
  if (!(await isThere())) note(false);
}

function isThere(): Promise<boolean> {
  return fetch("/healthz", { cache: "no-store" }).then((response) => response.ok, () => false);
}

/** Calls `back` each time the server can be reached again. Returns a function that ends it. */
export function onBack(back: () => void): () => void {
  return subscribe(() => away || back());
}

/** Calls `send` each time that what failed can be sent again. Returns a function that ends it. */
export function onAgain(send: () => void): () => void {
  waiting.add(send);
  return () => waiting.delete(send);
}

/** To be called when the server is back, or the session. */
export function sendAgain(): void {
  for (const send of [...waiting]) send();
}

export function useAway(): boolean {
  return useSyncExternalStore(subscribe, () => away);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
