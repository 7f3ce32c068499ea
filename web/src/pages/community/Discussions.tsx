// The discussions of a community: those that associations have pinned, and all others by page, language and search.

import "./community.css";

import { useState } from "react";
import { Link } from "wouter";
import { Choice, isolated, optionsOf, Paged, SearchBox, Section, useFormats, usePaged, useWords } from "../../base";
import { CommunityDiscussions, type DiscussionLineFragment } from "./patient/community";
import { texts } from "./texts";

type Chosen = "EN" | "FR" | null;

export function Discussions({ slug, canWrite }: { slug: string; canWrite: boolean }) {
  const t = useWords(texts);
  const [search, setSearch] = useState("");
  const [language, setLanguage] = useState<Chosen>(null);
  const list = usePaged(CommunityDiscussions, { slug, search: search || null, language });
  const isFirst = !list.pages.previous && !search && !language;
  return (
    <Section id="discussions" title={t.discussions}>
      {canWrite ? (
        <p><Link href={`/communities/${slug}/discussions/new`} className="button">{t.start}</Link></p>
      ) : (
        <p className="quiet">{t.joinToWrite}</p>
      )}
      <div className="filters">
        <SearchBox label={t.search} onSearch={setSearch} />
        <Choice
          id="discussion-language"
          label={t.language}
          value={language ?? ""}
          options={[{ value: "", label: t.all }, ...optionsOf(t.languages, ["EN", "FR"] as const)]}
          onChange={(value) => setLanguage((value || null) as Chosen)}
        />
      </div>
      <div aria-live="polite">
        <Paged list={list} of={(data) => data.community?.discussions}>{(nodes, { community }) => {
          const pinned = isFirst ? (community?.pinned ?? []) : [];
          const others = nodes.filter((each) => !pinned.some(({ id }) => id === each.id));
          if (pinned.length + others.length === 0) return <p>{t.none}</p>;
          return (
            <ul className="discussions">
              {pinned.map((each) => <Line key={each.id} slug={slug} discussion={each} isPinned />)}
              {others.map((each) => <Line key={each.id} slug={slug} discussion={each} />)}
            </ul>
          );
        }}</Paged>
      </div>
    </Section>
  );
}

function Line({ slug, discussion, isPinned = false }: { slug: string; discussion: DiscussionLineFragment; isPinned?: boolean }) {
  const t = useWords(texts);
  const { number, time } = useFormats();
  const { id, title, language, author, postCount, lastPostAt, closed } = discussion;
  const known = [
    t.by(isolated(author?.pseudonym ?? t.gone)),
    t.posts(postCount, number(postCount)),
    t.latest(time(lastPostAt)),
    isPinned && t.pinned,
    closed && t.closed,
  ];
  return (
    <li>
      <Link href={`/communities/${slug}/discussions/${id}`} lang={language.toLowerCase()} dir="auto">
        {title}
      </Link>
      <span className="quiet">{known.filter(Boolean).join(" · ")}</span>
    </li>
  );
}
