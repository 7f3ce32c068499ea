// What the viewer has begun to write and not sent, for when they come back to it: in the memory of this window, and nowhere else.

import { useEffect } from "react";

const drafts = new Map<string, string>();

/** What was begun of the text that has this key; undefined if nothing was. */
export function draftOf(key: string): string | undefined {
  return drafts.get(key);
}

export function keepDraft(key: string, text: string): void {
  if (text.trim()) drafts.set(key, text);
  else drafts.delete(key);
}

/** To be called once it was sent. */
export function forgetDraft(key: string): void {
  drafts.delete(key);
}

/** Keeps drafts as long as the same person has signed in, and asks before the window goes away with them. */
export function useDraftsOf(viewer: string): void {
  useEffect(() => () => drafts.clear(), [viewer]);
  useEffect(() => {
    const ask = (event: Event): void => {
      if (drafts.size) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, []);
}
