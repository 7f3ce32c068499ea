// A list in pages, by cursors: `const list = usePaged(Team, {})`, then `<Paged list={list} of={(data) => data.staff}>`.

import { useEffect, useRef, useState, type ReactNode } from "react";
import { useRead, type Read } from "../graph/hooks";
import type { Operation } from "../graph/operation";
import { useFormats, useWords } from "../text/words";
import { Button } from "./Button";
import { Shown } from "./Shown";
import { texts } from "./texts";

export interface Pages {
  /** The cursor after which the page begins; null for the first. */
  after: string | null;
  /** From 1. */
  number: number;
  next: (cursor: string) => void;
  previous: (() => void) | null;
}

export interface PageOf<Each> {
  readonly nodes: readonly Each[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** The pages of a list. Another `list` begins at its first page. */
export function usePages(list = ""): Pages {
  const [known, setKnown] = useState<{ list: string; cursors: readonly string[] }>({ list, cursors: [] });
  const cursors = known.list === list ? known.cursors : [];
  const after = cursors.at(-1) ?? null;
  return {
    after,
    number: cursors.length + 1,
    next: (cursor) => cursor !== after && setKnown({ list, cursors: [...cursors, cursor] }),
    previous: cursors.length ? () => setKnown({ list, cursors: cursors.slice(0, -1) }) : null,
  };
}

/**
 * For a list that turns its pages: whoever has pressed a button below it, which calls `onTurn`, reads on at its `top` once the page is there.
 * `turns` is how often that was.
 */
export function useTurns<Top extends HTMLElement>({ data, loading }: Read<unknown>) {
  const [turns, setTurns] = useState(0);
  const shown = useRef(0);
  const top = useRef<Top>(null);
  const isThere = data !== undefined && !loading;
  useEffect(() => {
    if (!isThere || shown.current === turns) return;
    shown.current = turns;
    top.current?.focus({ preventScroll: true });
    top.current?.scrollIntoView();
  }, [isThere, turns]);
  return { top, turns, onTurn: () => setTurns(turns + 1) };
}

interface List<Data> extends Read<Data> {
  pages: Pages;
}

/** Data of a query which has the variable `after`. With other variables, such as another search, it is another list. */
export function usePaged<Data, Variables>(operation: Operation<Data, Variables>, variables: Omit<Variables, "after">): List<Data> {
  const pages = usePages(JSON.stringify(variables));
  return { ...useRead(operation, { ...variables, after: pages.after } as Variables), pages };
}

interface Props<Data, Each> {
  list: List<Data>;
  of: (data: Data) => PageOf<Each> | null | undefined;
  /** In the place of an empty list. */
  empty?: ReactNode;
  children: (nodes: readonly Each[], data: Data) => ReactNode;
}

export function Paged<Data, Each>({ list, of, empty, children }: Props<Data, Each>) {
  const t = useWords(texts);
  const { number } = useFormats();
  const { top, turns, onTurn } = useTurns<HTMLParagraphElement>(list);
  return (
    <Shown read={list}>{(data) => {
      const page = of(data);
      return (
        <>
          {turns > 0 && <p ref={top} tabIndex={-1} className="quiet page-number">{t.page(number(list.pages.number))}</p>}
          {empty && !page?.nodes.length ? <p className="quiet">{empty}</p> : children(page?.nodes ?? [], data)}
          {page && <Pager pages={list.pages} pageInfo={page.pageInfo} onTurn={onTurn} />}
        </>
      );
    }}</Shown>
  );
}

interface PagerProps {
  pages: Pages;
  pageInfo: PageOf<unknown>["pageInfo"];
  onTurn: () => void;
}

function Pager({ pages, pageInfo: { hasNextPage, endCursor }, onTurn }: PagerProps) {
  const t = useWords(texts);
  if (!pages.previous && !hasNextPage) return null;
  return (
    <nav className="pager" aria-label={t.pages}>
      <Button disabled={!pages.previous} onClick={() => (pages.previous?.(), onTurn())}>{t.previous}</Button>
      <Button disabled={!hasNextPage || !endCursor} onClick={() => endCursor && (pages.next(endCursor), onTurn())}>{t.next}</Button>
    </nav>
  );
}
