// The page of every address that has no other.

import { Link } from "wouter";
import { PageTitle } from "../../base";
import { useWords } from "../../text/words";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  return (
    <><PageTitle lead={t.text}>{t.title}</PageTitle><Link href="/">{t.home}</Link></>
  );
}
