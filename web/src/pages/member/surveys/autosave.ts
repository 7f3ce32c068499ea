// Saves what changes, a moment after the last change, one save at a time.

import { useEffect, useRef, useState } from "react";
import { onAgain } from "../../../graph/reach";

const PAUSE = 700; // milliseconds without a change, before it is saved

/** If it `failed`, it is tried again when the server or the session is back, or with the next change. */
export type SaveState = "untouched" | "waiting" | "saved" | "failed";

/** Saves what `value` stands for whenever it differs from the first value, which the server has. Nothing is saved while it is null. */
export function useAutosave(value: string | null, save: () => Promise<boolean>): SaveState {
  const [state, setState] = useState<SaveState>("untouched");
  const known = useRef<string | null>(null); // by the server
  const latest = useRef({ value, save });
  const running = useRef(false);
  latest.current = { value, save };

  const flush = useRef(async () => {
    if (running.current) return;
    running.current = true;
    for (;;) {
      const next = latest.current.value;
      if (next === null || known.current === null || next === known.current) break;
      setState("waiting");
      const saved = await latest.current.save();
      if (saved) known.current = next;
      setState(saved ? "saved" : "failed");
      if (!saved) break;
    }
    running.current = false;
  }).current;

  useEffect(() => {
    if (value === null) return undefined;
    known.current ??= value;
    if (value === known.current) return undefined;
    setState("waiting");
    const timer = setTimeout(() => void flush(), PAUSE);
    return () => clearTimeout(timer);
  }, [value, flush]);

  useEffect(() => {
    const hidden = (): void => void (document.visibilityState === "hidden" && flush());
    document.addEventListener("visibilitychange", hidden);
    const stop = onAgain(() => void flush());
    return () => {
      document.removeEventListener("visibilitychange", hidden);
      stop();
      void flush();
    };
  }, [flush]);

  return state;
}
