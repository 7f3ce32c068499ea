// What waits for a decision of staff, by its status and in pages, and what has just been decided.

import { useState, type ReactNode } from "react";
import { Paged, useDone, usePaged, useWords, type PageOf } from "../../base";
import type { Operation } from "../../graph/operation";
import { StatusFilter } from "./StatusFilter";
import { texts } from "./texts";

interface Props<Status extends string, Data, Each> {
  operation: Operation<Data, { status?: Status | null; after?: string | null }>;
  pageOf: (data: Data) => PageOf<Each>;
  statuses: Record<Status, string>;
  initial: Status;
  /** One of them; `onDone` is called with what was decided, in words. */
  children: (each: Each, onDone: (text: string) => void) => ReactNode;
}

export function Queue<Status extends string, Data, Each>({ operation, pageOf, statuses, initial, children }: Props<Status, Data, Each>) {
  const t = useWords(texts);
  const [status, setStatus] = useState<Status | null>(initial);
  const list = usePaged(operation, { status });
  const [done, finish] = useDone(list.again);
  return (
    <>
      <StatusFilter names={statuses} initial={status} onChange={setStatus} />
      {done}
      <Paged list={list} of={pageOf} empty={t.nothing}>{(nodes) => nodes.map((each) => children(each, finish))}</Paged>
    </>
  );
}
