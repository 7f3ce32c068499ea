// The page of every address that has no other.

import { Missing, useWords } from "../../base";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  return <Missing title={t.title} text={t.text} to={{ path: "/", label: t.home }} />;
}
