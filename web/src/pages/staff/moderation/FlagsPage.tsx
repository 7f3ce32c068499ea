// The moderators' queue: what members have flagged, each with its decision.

import { useState } from "react";
import { Button, Notice, Paged, useDone, useFormats, useLive, usePaged, useWords } from "../../../base";
import { StaffPage } from "../StaffPage";
import { StatusFilter } from "../StatusFilter";
import { FlagCard } from "./FlagCard";
import { FlagQueue, FlagRaised } from "./manager/moderation";
import { texts } from "./texts";

type Status = keyof typeof texts.en.statuses;

export function Page() {
  const t = useWords(texts);
  const { number } = useFormats();
  const [status, setStatus] = useState<Status | null>("OPEN");
  const [arrived, setArrived] = useState(0);
  const list = usePaged(FlagQueue, { status });
  const [done, finish] = useDone(list.again);
  useLive(FlagRaised, {}, () => setArrived((count) => count + 1));
  return (
    <StaffPage title={t.flags} section="flags">
      <StatusFilter names={t.statuses} initial={status} onChange={setStatus} />
      {arrived > 0 && (
        <Notice>
          <p>{t.live(number(arrived))}</p>
          <Button onClick={() => (setArrived(0), list.again())}>{t.open}</Button>
        </Notice>
      )}
      {done}
      <Paged list={list} of={(data) => data.flags} empty={t.nothing}>
        {(flags) => flags.map((flag) => <FlagCard key={flag.id} flag={flag} onDone={(kind) => finish(t.done[kind])} />)}
      </Paged>
    </StaffPage>
  );
}
