// The page of every address that has no other.

import { Link } from "wouter";
import { PageTitle } from "../../base";
import { useWords } from "../../text/words";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  return (
    <>
      <PageTitle>{t.title}</PageTitle>
      <p>{t.text}</p>
      <Link href="/">{t.home}</Link>
    </>
  );
}
