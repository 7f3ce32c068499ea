// The moderators' queue: what members have flagged, each with its decision.

import { useState } from "react";
import { Button, Done, Notice, Pager, Shown, usePages } from "../../../base";
import { useLive, useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { StaffPage } from "../StaffPage";
import { StatusFilter } from "../StatusFilter";
import { FlagCard, type Decision } from "./FlagCard";
import { FlagQueue, FlagRaised } from "./manager/moderation";
import { texts } from "./texts";

type Status = keyof typeof texts.en.statuses;

export function Page() {
  const t = useWords(texts);
  const [status, setStatus] = useState<Status | null>("OPEN");
  return (
    <StaffPage title={t.flags} section="flags">
      <StatusFilter names={t.statuses} initial={status} onChange={setStatus} />
      <Queue key={status} status={status} />
    </StaffPage>
  );
}

function Queue({ status }: { status: Status | null }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const [done, setDone] = useState<{ kind: Decision; flag: string } | null>(null);
  const [arrived, setArrived] = useState(0);
  const pages = usePages();
  const read = useRead(FlagQueue, { status, after: pages.after });
  useLive(FlagRaised, {}, () => setArrived((count) => count + 1));
  return (
    <>
      {arrived > 0 && (
        <Notice>
          <p>{t.live(number(arrived))}</p>
          <Button onClick={() => (setArrived(0), read.again())}>{t.open}</Button>
        </Notice>
      )}
      {done && <Done key={done.flag + done.kind}>{t.done[done.kind]}</Done>}
      <Shown read={read}>
        {({ flags: { nodes, pageInfo } }) => (
          <>
            {nodes.length === 0 && <p className="quiet">{t.nothing}</p>}
            {nodes.map((flag) => (
              <FlagCard key={flag.id} flag={flag} onDone={(kind) => (setDone({ kind, flag: flag.id }), read.again())} />
            ))}
            <Pager pages={pages} pageInfo={pageInfo} />
          </>
        )}
      </Shown>
    </>
  );
}
