// A flag: the post, why it was flagged, the discussion around it, and the decisions that a moderator can take.

import { useState } from "react";
import type { FlaggedFragment } from "../../../../generated/manager";
import { Button, isolated, MutationForm, Shown, TextField, useFormats, useRead, useWords } from "../../../base";
import { CloseDiscussion } from "../communities/CloseDiscussion";
import { Suspend } from "./Suspend";
import { FlagContext, FlagDecide, FlaggedPostRestore } from "./manager/moderation";
import { texts } from "./texts";

type Choice = "uphold" | "dismiss" | "suspend" | "restore";
export type Decision = Choice | "close" | "reopen";

interface Props {
  flag: FlaggedFragment;
  onDone: (decision: Decision) => void;
}

export function FlagCard({ flag, onDone }: Props) {
  const t = useWords(texts);
  const { time } = useFormats();
  const [deciding, setDeciding] = useState<Choice | null>(null);
  const [context, setContext] = useState(false);
  const { post } = flag;
  const { author, discussion } = post;
  const body = post.body ?? post.removedBody;
  const note = <TextField name="note" label={t.note} rows={2} />;
  const finish = (): void => {
    if (deciding) onDone(deciding);
    setDeciding(null);
  };
  const choices: Choice[] = flag.status === "OPEN" ? ["uphold", "dismiss"] : [];
  if (author && !author.suspension) choices.push("suspend");
  if (post.removed && post.removedBody !== null) choices.push("restore");
  return (
    <article className={flag.urgent ? "case urgent" : "case"} aria-labelledby={`title-${flag.id}`}>
      <h2 id={`title-${flag.id}`}>
        {t.reasons[flag.reason]} {flag.urgent && <span className="badge bad">{t.urgent}</span>}{" "}
        {flag.status !== "OPEN" && <span className="badge">{t.statuses[flag.status]}</span>} {post.removed && <span className="badge">{t.removedPost}</span>}{" "}
        {author?.suspension && <span className="badge">{t.suspended}</span>}
      </h2>
      <p className="quiet">
        {t.inDiscussion(isolated(discussion.title), discussion.community.name)}
        <br />
        {t.writer(isolated(author?.pseudonym ?? t.unknown), time(post.createdAt))} · {t.flagged(time(flag.createdAt))}
      </p>
      {/* As it was written, without Markdown: a moderator sees where a link leads. */}
      <blockquote dir="auto">{body === null ? <em>{t.gone}</em> : <span lang={post.language.toLowerCase()}>{body}</span>}</blockquote>
      {flag.note && <p>{t.member} <span dir="auto">{flag.note}</span></p>}
      {flag.resolution && <p>{t.decided(flag.resolution)}</p>}
      <div className="actions">
        {choices.map((each) => (
          <Button key={each} kind={each === "uphold" ? "danger" : "plain"} onClick={() => setDeciding(deciding === each ? null : each)}>
            {t[each]}
          </Button>
        ))}
        <CloseDiscussion discussion={discussion} onDone={(closed) => onDone(closed ? "close" : "reopen")} />
        <Button kind="link" expanded={context} onClick={() => setContext(!context)}>{context ? t.hideContext : t.context}</Button>
      </div>
      {context && <Context discussion={discussion.id} post={post.id} />}
      {(deciding === "uphold" || deciding === "dismiss") && (
        <MutationForm
          key={deciding}
          submit={deciding === "uphold" ? t.removeNow : t.dismissNow}
          mutation={FlagDecide}
          input={({ note }) => ({ flag: flag.id, upheld: deciding === "uphold", note: note || null })}
          onDone={finish}
        >
          {deciding === "uphold" ? <TextField name="note" label={t.removeReason} hint={t.removeHint} rows={3} required /> : note}
        </MutationForm>
      )}
      {deciding === "suspend" && author && <Suspend member={author.id} onDone={finish} />}
      {deciding === "restore" && (
        <MutationForm
          submit={t.restoreNow}
          mutation={FlaggedPostRestore}
          input={(values) => ({ post: post.id, note: values["note"] || null })}
          onDone={finish}
        >
          {note}
        </MutationForm>
      )}
    </article>
  );
}

/** The latest posts of the discussion; the flagged one stands out. */
function Context({ discussion, post }: { discussion: string; post: string }) {
  const t = useWords(texts);
  const { time } = useFormats();
  const read = useRead(FlagContext, { discussion });
  return (
    <Shown read={read}>{(data) => (
      <ol className="thread" aria-label={t.contextLabel} tabIndex={0}>{data.discussion?.posts.nodes.map((each) => (
        <li key={each.id} aria-current={each.id === post || undefined}>
          <strong>{t.writer(isolated(each.author?.pseudonym ?? t.unknown), time(each.createdAt))}</strong>
          <p dir="auto">{each.body === null ? <em>{each.removed ? t.removedPost : t.gone}</em> : <span lang={each.language.toLowerCase()}>{each.body}</span>}</p>
        </li>
      ))}</ol>
    )}</Shown>
  );
}
