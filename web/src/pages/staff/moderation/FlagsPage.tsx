// The moderators' queue: what members have flagged, each with its decision.

import { useState } from "react";
import { Button, Done, Notice, Paged, usePaged } from "../../../base";
import { useLive } from "../../../graph/hooks";
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
  const list = usePaged(FlagQueue, { status });
  useLive(FlagRaised, {}, () => setArrived((count) => count + 1));
  return (
    <>
      {arrived > 0 && (
        <Notice>
          <p>{t.live(number(arrived))}</p>
          <Button onClick={() => (setArrived(0), list.again())}>{t.open}</Button>
        </Notice>
      )}
      {done && <Done key={done.flag + done.kind}>{t.done[done.kind]}</Done>}
      <Paged list={list} of={(data) => data.flags}>{(nodes) => (
        <>
          {nodes.length === 0 && <p className="quiet">{t.nothing}</p>}
          {nodes.map((flag) => (
            <FlagCard key={flag.id} flag={flag} onDone={(kind) => (setDone({ kind, flag: flag.id }), list.again())} />
          ))}
        </>
      )}</Paged>
    </>
  );
}
