// A discussion: its posts, which arrive as they are written, and the answer of the person who reads.

import "./discussion.css";

import { useState } from "react";
import { Link } from "wouter";
import {
  Button, forgetDraft, isolated, Missing, MutationButton, MutationForm, Notice, PageTitle, SelectField, Shown, TextField,
  useFormats, useFresh, useLanguageCode, usePages, useRead, useTurns, useWords, type PageProps,
} from "../../base";
import { Post } from "./Post";
import { DiscussionPage, DiscussionPin, PostAdd, PostAdded } from "./patient/discussion";
import { texts } from "./texts";

export function Page({ parameters }: PageProps) {
  const t = useWords(texts);
  const { time } = useFormats();
  const id = parameters["id"] ?? "";
  const pages = usePages();
  const read = useRead(DiscussionPage, { id, before: pages.after });
  useFresh(PostAdded, { discussion: id }, read.again);
  const { top, onTurn } = useTurns<HTMLDivElement>(read);

  return (
    <Shown read={read}>{({ me, discussion }) => {
      if (!discussion) return <Missing title={t.notFound} text={t.unknown} to={{ path: "/communities", label: t.communities }} />;
      const { community, posts } = discussion;
      const { hasPreviousPage, startCursor } = posts.pageInfo;
      const canWrite = !discussion.closed && community.status === "OPEN" && community.viewerMembership !== null;
      return (
        <>
          <p>
            <Link href={`/communities/${community.slug}`}>{community.name}</Link>
          </p>
          <div lang={discussion.language.toLowerCase()}><PageTitle>{discussion.title}</PageTitle></div>
          <p className="quiet">{t.by(isolated(discussion.author?.pseudonym ?? t.gone), time(discussion.createdAt))}</p>
          {canWrite && me.member.verified && me.member.kind === "ASSOCIATION" && discussion.author?.id === me.member.id && (
            <Pin discussion={id} isPinned={community.pinned.some((each) => each.id === id)} />
          )}
          {discussion.about.length > 0 && (
            <p className="quiet">{t.about} {discussion.about.map((each) => each.name).join(", ")}</p>
          )}
          {hasPreviousPage && startCursor && <Button onClick={() => (pages.next(startCursor), onTurn())}>{t.earlier}</Button>}
          <div ref={top} role="log" tabIndex={-1} aria-label={t.posts} className="posts">{posts.nodes.map((post) => (
            <Post key={post.id} post={post} isOwn={post.author?.id === me.member.id} canWrite={canWrite} />
          ))}</div>
          {pages.previous && <Button onClick={() => (pages.previous?.(), onTurn())}>{t.later}</Button>}
          {discussion.closed && <Notice>{t.closed}</Notice>}
          {!discussion.closed && !community.viewerMembership && <Notice>{t.mustJoin}</Notice>}
          {canWrite && <Answer discussion={id} onSent={read.again} />}
        </>
      );
    }}</Shown>
  );
}

/** Keeps the discussion of an association at the top of the community, or no longer. */
function Pin({ discussion, isPinned }: { discussion: string; isPinned: boolean }) {
  const t = useWords(texts);
  return (
    <>
      <p className="quiet">{isPinned ? t.pinned : t.pinHint}</p>
      <MutationButton mutation={DiscussionPin} input={{ discussion, pinned: !isPinned }}>{isPinned ? t.unpin : t.pin}</MutationButton>
    </>
  );
}

function Answer({ discussion, onSent }: { discussion: string; onSent: () => void }) {
  const t = useWords(texts);
  const language = useLanguageCode();
  const [sent, setSent] = useState(0);
  return (
    <MutationForm
      once
      submit={t.send}
      mutation={PostAdd}
      input={({ body = "", language: chosen }) => ({ discussion, body, language: chosen as "EN" | "FR" })}
      onDone={() => (forgetDraft(discussion), setSent(sent + 1), onSent())}
    >
      <TextField key={sent} name="body" draft={discussion} label={t.answer} hint={`${t.visible} ${t.markdown}`} rows={5} />
      <LanguageField initial={language} />
    </MutationForm>
  );
}

/** The language of what somebody writes: readers filter by it. */
export function LanguageField({ initial }: { initial: string }) {
  const t = useWords(texts);
  const options = [{ value: "FR", label: t.languages.FR }, { value: "EN", label: t.languages.EN }];
  return <SelectField name="language" label={t.language} options={options} initial={initial} />;
}
