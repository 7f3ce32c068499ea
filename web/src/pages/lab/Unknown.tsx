// In the place of what does not exist, or what no licence covers.

import { Link } from "wouter";
import { Notice, PageTitle } from "../../base";
import { useWords } from "../../text/words";
import { texts } from "./texts";

export function Unknown() {
  const t = useWords(texts);
  return (
    <>
      <PageTitle>{t.datasets}</PageTitle>
      <Notice>{t.unknown}</Notice>
      <Link href="/lab">{t.back}</Link>
    </>
  );
}
