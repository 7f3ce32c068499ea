// A community as its moderators see it: its ambassadors, and its discussions, which they close and open again.

import { Fragment, useState } from "react";
import {
  Paged, SearchBox, Section, Shown, Table, useDone, useFormats, usePaged, useRead, useWords,
} from "../../../base";
import { OneCommunity } from "../OneCommunity";
import { StaffPage } from "../StaffPage";
import { Ambassadors } from "./Ambassadors";
import { CloseDiscussion } from "./CloseDiscussion";
import { ModeratedCommunities, ModeratedDiscussions } from "./manager/communities";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = useRead(ModeratedCommunities, {});
  return (
    <StaffPage title={t.communities} section="communities">
      <Shown read={read}>{({ communities: { nodes } }) => (
        <OneCommunity label={t.community} communities={nodes}>{(community) => (
          <Fragment key={community.id}><Ambassadors community={community} /><Discussions slug={community.slug} /></Fragment>
        )}</OneCommunity>
      )}</Shown>
    </StaffPage>
  );
}

function Discussions({ slug }: { slug: string }) {
  const t = useWords(texts);
  const { number, time } = useFormats();
  const [search, setSearch] = useState("");
  const list = usePaged(ModeratedDiscussions, { slug, search: search || null });
  const [done, finish] = useDone(list.again);
  return (
    <Section id="discussions" title={t.discussions} lead={t.discussionsLead}>
      <SearchBox label={t.search} onSearch={setSearch} />
      {done}
      <Paged list={list} of={({ community }) => community?.discussions} empty={t.noDiscussions}>{(discussions) => (
        <Table caption={t.discussions} rows={discussions} columns={[
          { title: t.title, cell: (each) => <span dir="auto" lang={each.language.toLowerCase()}>{each.title}</span> },
          { title: t.posts, cell: (each) => number(each.postCount), numeric: true },
          { title: t.lastPost, cell: (each) => time(each.lastPostAt) },
          { title: t.state, cell: (each) => <span className="badge">{each.closed ? t.states.closed : t.states.open}</span> },
          { title: t.change, cell: (each) => <CloseDiscussion discussion={each} onDone={(closed) => finish(closed ? t.closed : t.reopened)} /> },
        ]} />
      )}</Paged>
    </Section>
  );
}
