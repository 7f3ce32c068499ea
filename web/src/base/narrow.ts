// Whether the window is that of a telephone, for what has another form there: elsewhere styles suffice.

import { useSyncExternalStore } from "react";

const NARROW = matchMedia("(max-width: 30rem)"); // as in base.css

export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => NARROW.matches);
}

function subscribe(changed: () => void): () => void {
  NARROW.addEventListener("change", changed);
  return () => NARROW.removeEventListener("change", changed);
}
