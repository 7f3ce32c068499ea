// Appeals against removals of posts, each with its decision.

import type { AppealQueueQuery } from "../../../../generated/manager";
import { Form, RadioField, TextField, type Values } from "../../../base";
import { useAction } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { Queue } from "../Queue";
import { StaffPage } from "../StaffPage";
import { AppealDecide, AppealQueue } from "./manager/moderation";
import { texts } from "./texts";

type Appeal = AppealQueueQuery["appeals"]["nodes"][number];

export function Page() {
  const t = useWords(texts);
  return (
    <StaffPage title={t.appeals} section="appeals">
      <p>{t.colleague}</p>
      <Queue operation={AppealQueue} pageOf={(data) => data.appeals} statuses={t.appealStatuses} initial="OPEN">
        {(appeal, onDone) => <Case key={appeal.id} appeal={appeal} onDone={() => onDone(t.appealDone)} />}
      </Queue>
    </StaffPage>
  );
}

function Case({ appeal, onDone }: { appeal: Appeal; onDone: () => void }) {
  const t = useWords(texts);
  const { time } = useFormats();
  const { run, ...state } = useAction(AppealDecide);
  const { post } = appeal;
  async function decide(values: Values): Promise<void> {
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
            options={[{ value: "yes", label: t.accept }, { value: "no", label: t.decline }]}
          />
          <TextField name="reason" label={t.reason} hint={t.removeHint} rows={3} required />
        </Form>
      )}
    </article>
  );
}
