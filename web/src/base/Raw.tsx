// What programs read, such as a line of the ledger: folded if it is long, because it would fill the screens of a telephone.

import { useFormats, useWords } from "../text/words";
import { texts } from "./texts";

const SHORT = 200; // characters

export function Raw({ children }: { children: string }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const code = <code>{children}</code>;
  if (children.length <= SHORT) return code;
  return <details><summary>{t.raw(number(children.length))}</summary>{code}</details>;
}
