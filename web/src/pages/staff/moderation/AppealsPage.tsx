// Appeals against removals of posts, each with its decision.

import type { AppealQueueQuery } from "../../../../generated/manager";
import { isolated, MutationForm, optionsOf, RadioField, TextField, useFormats, useWords } from "../../../base";
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
  const { post } = appeal;
  return (
    <article className="case" aria-labelledby={`title-${appeal.id}`}>
      <h2 id={`title-${appeal.id}`}>
        {t.appealOf(isolated(post.author?.pseudonym ?? t.unknown), time(appeal.createdAt))} {appeal.status !== "OPEN" && <span className="badge">{t.appealStatuses[appeal.status]}</span>}
      </h2>
      <p>{t.removedText}</p>
      <blockquote dir="auto">{post.removedBody === null ? <em>{t.gone}</em> : <span lang={post.language.toLowerCase()}>{post.removedBody}</span>}</blockquote>
      {post.removalReason && <p>{t.removedFor(post.removalReason)}</p>}
      <p>{t.argument}</p>
      <blockquote dir="auto">{appeal.text}</blockquote>
      {appeal.resolution && <p>{t.decided(appeal.resolution)}</p>}
      {appeal.status === "OPEN" && (
        <MutationForm
          submit={t.decide}
          mutation={AppealDecide}
          input={({ accepted, reason = "" }) => ({ appeal: appeal.id, accepted: accepted === "yes", reason })}
          onDone={onDone}
        >
          <RadioField name="accepted" label={t.decision} required options={optionsOf({ yes: t.accept, no: t.decline })} />
          <TextField name="reason" label={t.reason} hint={t.removeHint} rows={3} required />
        </MutationForm>
      )}
    </article>
  );
}
