// Starts a discussion in a community.

import { useRef } from "react";
import { Link, useLocation } from "wouter";
import type { PageProps } from "../../app/route";
import { Form, Notice, PageTitle, Shown, TextField, type Values } from "../../base";
import { useAction, useRead } from "../../graph/hooks";
import { useLanguageCode, useWords } from "../../text/words";
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
  const { run, ...state } = useAction(DiscussionStart);
  const request = useRef(crypto.randomUUID());
  const change = (): string => (request.current = crypto.randomUUID());

  async function start({ title = "", body = "", language: chosen }: Values): Promise<void> {
    const input = { community, title, body, language: chosen as "EN" | "FR", clientMutationId: request.current };
    const done = await run({ input });
    if (done?.discussion) navigate(`/communities/${slug}/discussions/${done.discussion.id}`);
  }

  return (
    <Form submit={t.send} {...state} onSubmit={(values) => void start(values)}>
      <TextField name="title" label={t.heading} maxLength={150} onChange={change} />
      <TextField name="body" label={t.first} hint={`${t.visible} ${t.markdown}`} rows={8} onChange={change} />
      <LanguageField initial={language} />
    </Form>
  );
}
