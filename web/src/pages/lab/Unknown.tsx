// In the place of what does not exist, or what no licence covers.

import { Missing, useWords } from "../../base";
import { texts } from "./texts";

export function Unknown() {
  const t = useWords(texts);
  return <Missing title={t.notFound} text={t.unknown} to={{ path: "/lab", label: t.back }} />;
}
