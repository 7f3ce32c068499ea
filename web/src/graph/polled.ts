// Keeps a result fresh that changes by work of the server for which there is no subscription.

import { useEffect } from "react";

const EVERY = 3_000; // milliseconds

/** Reads `again` every few seconds, as long as the work is `underWay`. */
export function usePolled(underWay: boolean, again: () => void): void {
  useEffect(() => {
    if (!underWay) return;
    const timer = setInterval(again, EVERY);
    return () => clearInterval(timer);
  }, [underWay, again]);
}
