// Pages of a list, by cursors: `const pages = usePages()`, `after: pages.after` in the variables, then `<Pager>`.

import { useState } from "react";
import { useWords } from "../text/words";
import { Button } from "./Button";
import { texts } from "./texts";

export interface Pages {
  /** The cursor after which the page begins; null for the first. */
  after: string | null;
  next: (cursor: string) => void;
  previous: (() => void) | null;
}

export function usePages(): Pages {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  return {
    after: cursors.at(-1) ?? null,
    next: (cursor) => setCursors([...cursors, cursor]),
    previous: cursors.length ? () => setCursors(cursors.slice(0, -1)) : null,
  };
}

interface Props {
  pages: Pages;
  pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export function Pager({ pages, pageInfo: { hasNextPage, endCursor } }: Props) {
  const t = useWords(texts);
  if (!pages.previous && !hasNextPage) return null;
  return (
    <nav className="pager" aria-label={t.pages}>
      <Button disabled={!pages.previous} onClick={() => pages.previous?.()}>{t.previous}</Button>
      <Button disabled={!hasNextPage || !endCursor} onClick={() => endCursor && pages.next(endCursor)}>{t.next}</Button>
    </nav>
  );
}
