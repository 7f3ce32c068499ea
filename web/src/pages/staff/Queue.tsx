// What waits for a decision of staff, by its status and in pages, and what has just been decided.

import { useState, type ReactNode } from "react";
import { Done, Pager, Shown, usePages } from "../../base";
import { useRead } from "../../graph/hooks";
import type { Operation } from "../../graph/operation";
import { useWords } from "../../text/words";
import { StatusFilter } from "./StatusFilter";
import { texts } from "./texts";

interface Page<Each> {
  readonly nodes: readonly Each[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

interface Props<Status extends string, Data, Each> {
  operation: Operation<Data, { status?: Status | null; after?: string | null }>;
  pageOf: (data: Data) => Page<Each>;
  statuses: Record<Status, string>;
  initial: Status;
  /** One of them; `onDone` is called with what was decided, in words. */
  children: (each: Each, onDone: (text: string) => void) => ReactNode;
}

export function Queue<Status extends string, Data, Each>({ statuses, initial, ...more }: Props<Status, Data, Each>) {
  const [status, setStatus] = useState<Status | null>(initial);
  return (
    <>
      <StatusFilter names={statuses} initial={status} onChange={setStatus} />
      <List key={status} status={status} {...more} />
    </>
  );
}

function List<Status extends string, Data, Each>({
  operation,
  pageOf,
  status,
  children,
}: Omit<Props<Status, Data, Each>, "statuses" | "initial"> & { status: Status | null }) {
  const t = useWords(texts);
  const [done, setDone] = useState<{ text: string; turn: number } | null>(null);
  const pages = usePages();
  const read = useRead(operation, { status, after: pages.after });

  function finish(text: string): void {
    setDone({ text, turn: (done?.turn ?? 0) + 1 });
    read.again();
  }

  return (
    <>
      {done && <Done key={done.turn}>{done.text}</Done>}
      <Shown read={read}>
        {(data) => {
          const { nodes, pageInfo } = pageOf(data);
          return (
            <>
              {nodes.length === 0 && <p className="quiet">{t.nothing}</p>}
              {nodes.map((each) => children(each, finish))}
              <Pager pages={pages} pageInfo={pageInfo} />
            </>
          );
        }}
      </Shown>
    </>
  );
}
