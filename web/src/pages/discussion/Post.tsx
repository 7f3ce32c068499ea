// A post, with what its readers and its author can do with it.

import { useState } from "react";
import { Link } from "wouter";
import type { PostFlagMutation } from "../../../generated/patient";
import {
  Button, ConfirmButton, DialogButton, MutationForm, Notice, optionsOf, RadioField, Refused, TextField, useAction,
  useFormats, useWords, type Payload,
} from "../../base";
import { Markdown } from "../../base/Markdown";
import { HelpLines } from "../notifications/HelpLines";
import { PostEdit, PostFlag, PostReact, PostRemove, RemovalAppeal, type PostTextFragment } from "./patient/discussion";
import { texts } from "./texts";

const REACTIONS = ["SAME_HERE", "THANKS", "HUG", "HELPFUL"] as const;
type Reason = keyof typeof texts.en.reasons;

interface Props {
  post: PostTextFragment;
  isOwn: boolean;
  canWrite: boolean;
}

export function Post({ post, isOwn, canWrite }: Props) {
  const t = useWords(texts);
  const { time } = useFormats();
  const [isEdited, setEdited] = useState(false);
  const close = (): void => setEdited(false);
  const { author } = post;
  return (
    <article className="post" aria-labelledby={`by-${post.id}`}>
      <p className="by" id={`by-${post.id}`}>
        <strong dir="auto">{author?.pseudonym ?? t.gone}</strong>
        {author?.association && author.verified && (
          <>
            {" · "}
            <Link href={`/associations/${author.association.id}`}>{t.association}</Link>
          </>
        )}
        <span className="quiet">
          {" · "}
          <time dateTime={post.createdAt}>{time(post.createdAt)}</time>
          {post.editedAt && !post.removed && ` · ${t.edited(time(post.editedAt))}`}
        </span>
      </p>
      {post.removed ? <Removed post={post} /> : isEdited ? (
        <>
          <MutationForm submit={t.save} mutation={PostEdit} input={({ body = "" }) => ({ post: post.id, body })} onDone={close}>
            <TextField name="body" label={t.text} hint={t.markdown} rows={6} initial={post.body ?? ""} />
          </MutationForm>
          <p className="after-form"><Button onClick={close}>{t.cancel}</Button></p>
        </>
      ) : (
        <>
          <div lang={post.language.toLowerCase()}><Markdown>{post.body ?? ""}</Markdown></div>
          <Reactions post={post} />
          <div className="actions">
            {isOwn && canWrite && <Button kind="link" onClick={() => setEdited(true)}>{t.edit}</Button>}
            {isOwn ? (
              <ConfirmButton kind="link" button={t.remove} title={t.removeTitle} action={t.remove} mutation={PostRemove} input={{ post: post.id }}>
                {t.removeText}
              </ConfirmButton>
            ) : (
              <DialogButton kind="link" button={t.flag} title={t.flagTitle}>{() => <Flag post={post.id} />}</DialogButton>
            )}
          </div>
        </>
      )}
    </article>
  );
}

function Reactions({ post }: { post: PostTextFragment }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const { run, busy, ...state } = useAction(PostReact);
  return (
    <>
      <div className="reactions" role="group" aria-label={t.react}>{REACTIONS.map((reaction) => {
        const count = post.reactions.find((each) => each.reaction === reaction)?.count ?? 0;
        const on = post.viewerReactions.includes(reaction);
        const name = t.reactions[reaction];
        return (
          <button
            key={reaction}
            type="button"
            aria-pressed={on}
            aria-label={count ? t.reactionCount(name, number(count)) : name}
            aria-disabled={busy || undefined}
            onClick={() => !busy && void run({ post: post.id, reaction, on: !on })}
          >
            {name}
            {count > 0 && <span aria-hidden="true"> {number(count)}</span>}
          </button>
        );
      })}</div>
      <Refused {...state} />
    </>
  );
}

function Flag({ post }: { post: string }) {
  const t = useWords(texts);
  const [done, setDone] = useState<Payload<PostFlagMutation> | null>(null);
  if (done) {
    return (
      <>
        <Notice kind="good">{t.flagged}</Notice>
        {done.helpLines && done.helpLines.length > 0 && <><p>{t.help}</p><HelpLines lines={done.helpLines} /></>}
      </>
    );
  }
  return (
    <>
      <p>{t.flagText}</p>
      <MutationForm
        submit={t.flag}
        mutation={PostFlag}
        input={({ reason, note }) => ({ post, reason: reason as Reason, note: note || null })}
        onDone={setDone}
      >
        <RadioField name="reason" label={t.why} required options={optionsOf(t.reasons)} />
        <TextField name="note" label={t.note} hint={t.noteHint} rows={3} />
      </MutationForm>
    </>
  );
}

/** In the place of a removed post: for its author, also the text, the reason, and the appeal. */
function Removed({ post }: { post: PostTextFragment }) {
  const t = useWords(texts);
  if (post.removedBody === null) return <p className="quiet">{t.removed}</p>;
  return (
    <Notice>
      <p>{t.removedYours}</p>
      <blockquote lang={post.language.toLowerCase()}><Markdown>{post.removedBody}</Markdown></blockquote>
      {post.removalReason && <p>{t.reason} <span dir="auto">{post.removalReason}</span></p>}
      {post.appeal ? (
        <p>{t.appeals[post.appeal.status]} <span dir="auto">{post.appeal.resolution}</span></p>
      ) : (
        <MutationForm submit={t.appeal} mutation={RemovalAppeal} input={({ text = "" }) => ({ post: post.id, text })}>
          <TextField name="text" label={t.appealText} rows={3} />
        </MutationForm>
      )}
    </Notice>
  );
}
