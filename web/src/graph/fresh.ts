// Keeps a result fresh by a subscription, as long as its window is looked at.

import { useEffect, useSyncExternalStore } from "react";
import { useLive } from "./hooks";
import type { Operation } from "./operation";

/**
 * Reads `again` after each event, and when people come back to the window. Windows in the background do not subscribe:
 * a browser has only a few connections to a server for all of them.
 */
export function useFresh<Data, Variables>(operation: Operation<Data, Variables>, variables: Variables, again: () => void): void {
  const isVisible = useSyncExternalStore(subscribe, () => document.visibilityState === "visible");
  useLive(operation, variables, again, { pause: !isVisible });
  useEffect(() => {
    if (isVisible) again();
  }, [isVisible, again]);
}

function subscribe(listener: () => void): () => void {
  document.addEventListener("visibilitychange", listener);
  return () => document.removeEventListener("visibilitychange", listener);
}
