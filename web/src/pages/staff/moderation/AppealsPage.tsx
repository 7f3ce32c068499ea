// Appeals against removals of posts, each with its decision.

import { useState } from "react";
import type { AppealQueueQuery } from "../../../../generated/manager";
import { RadioField, TextField } from "../../../base/Field";
import { Form } from "../../../base/Form";
import { Pager, usePages } from "../../../base/Pager";
import { Shown } from "../../../base/Shown";
import { useAction, useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { Done, StaffPage } from "../StaffPage";
import { StatusFilter } from "../StatusFilter";
import { AppealDecide, AppealQueue } from "./manager/moderation";
import { texts } from "./texts";

type Appeal = AppealQueueQuery["appeals"]["nodes"][number];

export function Page() {
  const t = useWords(texts);
  const [status, setStatus] = useState<Appeal["status"] | null>("OPEN");
  return (
    <StaffPage title={t.appeals} section="appeals">
      <p>{t.colleague}</p>
      <StatusFilter names={t.appealStatuses} initial={status} onChange={setStatus} />
      <Queue key={status} status={status} />
    </StaffPage>
  );
}

function Queue({ status }: { status: Appeal["status"] | null }) {
  const t = useWords(texts);
  const [done, setDone] = useState<string | null>(null);
  const pages = usePages();
  const read = useRead(AppealQueue, { status, after: pages.after });
  return (
    <>
      {done && <Done key={done}>{t.appealDone}</Done>}
      <Shown read={read}>
        {({ appeals: { nodes, pageInfo } }) => (
          <>
            {nodes.length === 0 && <p className="quiet">{t.nothing}</p>}
            {nodes.map((appeal) => (
              <Case key={appeal.id} appeal={appeal} onDone={() => (setDone(appeal.id), read.again())} />
            ))}
            <Pager pages={pages} pageInfo={pageInfo} />
          </>
        )}
      </Shown>
    </>
  );
}

function Case({ appeal, onDone }: { appeal: Appeal; onDone: () => void }) {
  const t = useWords(texts);
  const { time } = useFormats();
  const { run, ...state } = useAction(AppealDecide, (data) => data.appealResolve);
  const { post } = appeal;
  async function decide(values: Record<string, string>): Promise<void> {
    const input = { appeal: appeal.id, accepted: values["accepted"] === "yes", reason: values["reason"] ?? "" };
    if (await run({ input })) onDone();
  }
  return (
    <article className="case" aria-labelledby={`title-${appeal.id}`}>
      <h2 id={`title-${appeal.id}`}>
        {t.appealOf(post.author?.pseudonym ?? t.unknown, time(appeal.createdAt))} {appeal.status !== "OPEN" && <span className="badge">{t.appealStatuses[appeal.status]}</span>}
      </h2>
      <p>{t.removedText}</p>
      <blockquote>{post.removedBody ?? <em>{t.gone}</em>}</blockquote>
      {post.removalReason && <p>{t.removedFor(post.removalReason)}</p>}
      <p>{t.argument}</p>
      <blockquote>{appeal.text}</blockquote>
      {appeal.resolution && <p>{t.decided(appeal.resolution)}</p>}
      {appeal.status === "OPEN" && (
        <Form submit={t.decide} {...state} onSubmit={(values) => void decide(values)}>
          <RadioField
            name="accepted"
            label={t.decision}
            required
            options={[
              { value: "yes", label: t.accept },
              { value: "no", label: t.decline },
            ]}
          />
          <TextField name="reason" label={t.reason} hint={t.removeHint} rows={3} required />
        </Form>
      )}
    </article>
  );
}
