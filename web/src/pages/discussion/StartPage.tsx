// Starts a discussion in a community.

import { Link, useLocation } from "wouter";
import {
  forgetDraft, MutationForm, Notice, PageTitle, Shown, TextField, useLanguageCode, useRead, useWords, type PageProps,
} from "../../base";
import { LanguageField } from "./Page";
import { DiscussionStart, StartIn } from "./patient/discussion";
import { texts } from "./texts";

export function Page({ parameters }: PageProps) {
  const t = useWords(texts);
  const slug = parameters["slug"] ?? "";
  const read = useRead(StartIn, { slug });
  return (
    <>
      <PageTitle>{t.start}</PageTitle>
      <Shown read={read}>{({ community }) => community?.viewerMembership ? (
        <><p>{t.startIn(community.name)}</p><Start community={community.id} slug={slug} /></>
      ) : (
        <>
          <Notice>{t.notMember}</Notice>
          <Link href={`/communities/${slug}`}>{t.community}</Link>
        </>
      )}</Shown>
    </>
  );
}

function Start({ community, slug }: { community: string; slug: string }) {
  const t = useWords(texts);
  const language = useLanguageCode();
  const [, navigate] = useLocation();
  const drafts = [`title ${community}`, `body ${community}`] as const;
  return (
    <MutationForm
      once
      submit={t.send}
      mutation={DiscussionStart}
      input={({ title = "", body = "", language: chosen }) => ({ community, title, body, language: chosen as "EN" | "FR" })}
      onDone={({ discussion }) => {
        drafts.forEach(forgetDraft);
        if (discussion) navigate(`/communities/${slug}/discussions/${discussion.id}`);
      }}
    >
      <TextField name="title" draft={drafts[0]} label={t.heading} maxLength={150} />
      <TextField name="body" draft={drafts[1]} label={t.first} hint={`${t.visible} ${t.markdown}`} rows={8} />
      <LanguageField initial={language} />
    </MutationForm>
  );
}
