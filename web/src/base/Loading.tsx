// In the place of what is still being loaded.

import { useWords } from "../text/words";
import { texts } from "./texts";

export function Loading() {
  return <p className="loading" role="status">{useWords(texts).loading}</p>;
}
