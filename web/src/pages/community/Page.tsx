// A community as everybody may see it, and for members what they may.

import { Link } from "wouter";
import {
  Missing, Notice, PageTitle, Section, Shown, useFormats, useRead, useSession, useWords, type PageProps,
} from "../../base";
import { CommunityAssociations } from "../association/readers/association";
import { Member } from "./Member";
import { CommunityPage } from "./everybody/community";
import { texts } from "./texts";

export function Page({ parameters }: PageProps) {
  const t = useWords(texts);
  const { number, date } = useFormats();
  const { audience } = useSession();
  const read = useRead(CommunityPage, { slug: parameters["slug"] ?? "" });
  return (
    <Shown read={read}>{({ community }) => community ? (
      <>
        <PageTitle lead={community.description}>{community.name}</PageTitle>
        {community.countedOn && community.memberCount > 0 && <p className="quiet">{t.size(number(community.memberCount), date(community.countedOn))}</p>}
        {community.status !== "OPEN" && <Notice>{t.unjoinable}</Notice>}
        {community.status === "OPEN" && audience === "PUBLIC" && (
          <Link href="/register" className="button primary">{t.register}</Link>
        )}
        {audience === "PATIENT" && <Member slug={parameters["slug"] ?? ""} />}
        {community.indicators.length > 0 && (
          <Section id="follows" title={t.follows}>
            <ul className="tags">{community.indicators.map((each) => <li key={each.id}>{each.name}</li>)}</ul>
          </Section>
        )}
        {audience !== "BUYER" && <Associations slug={parameters["slug"] ?? ""} />}
      </>
    ) : (
      <Missing title={t.notFound} text={t.unknown} to={{ path: "/", label: t.find }} />
    )}</Shown>
  );
}

/** The verified associations among its members. */
function Associations({ slug }: { slug: string }) {
  const t = useWords(texts);
  const contacts = useRead(CommunityAssociations, { slug }).data?.community?.contacts ?? [];
  if (contacts.length === 0) return null;
  return (
    <Section id="associations" title={t.associations}>
      <ul>{contacts.map((each) => (
        <li key={each.id}>
          <Link href={`/associations/${each.id}`}>{each.fullName}</Link>
        </li>
      ))}</ul>
    </Section>
  );
}
