// What members see of a community besides what everybody does: membership, discussions, surveys, treatments, members.

import { Link } from "wouter";
import { Notice, Section, Shown, useFormats, useRead, useWords } from "../../base";
import { Discussions } from "./Discussions";
import { Membership } from "./Membership";
import { MemberCommunity } from "./patient/community";
import { texts } from "./texts";

export function Member({ slug }: { slug: string }) {
  const t = useWords(texts);
  const { date } = useFormats();
  const read = useRead(MemberCommunity, { slug });
  return (
    <Shown read={read}>{({ me, community }) => community && (
      <>
        {community.mergedInto && (
          <Notice>
            {t.merged} <Link href={`/communities/${community.mergedInto.slug}`}>{community.mergedInto.name}</Link>
          </Notice>
        )}
        <p className="quiet">
          {[
            t.condition(community.condition.name),
            community.condition.icd10 && `ICD-10 ${community.condition.icd10}`,
            community.condition.orpha && `ORPHA:${community.condition.orpha}`,
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
        <Membership me={me} community={community} />
        <Discussions slug={slug} canWrite={community.viewerMembership !== null && community.status === "OPEN"} />
        {community.surveys.nodes.length > 0 && (
          <Section id="surveys" title={t.surveys}>
            <ul>{community.surveys.nodes.map((each) => (
              <li key={each.id}>
                <Link href={`/me/surveys/${each.id}`}>{each.title}</Link>
                {each.closesOn && <span className="quiet"> {t.until(date(each.closesOn))}</span>}
              </li>
            ))}</ul>
          </Section>
        )}
        {community.treatments.nodes.length > 0 && (
          <Section id="treatments" title={t.treatments}>
            <ul className="tags">{community.treatments.nodes.map((each) => <li key={each.id}>{each.name}</li>)}</ul>
          </Section>
        )}
        {community.members.nodes.length > 0 && (
          <Section id="members" title={t.members}>
            <p className="quiet">{t.membersHint}</p>
            <ul className="tags">{community.members.nodes.map((each) => (
              <li key={each.id}><span dir="auto">{each.pseudonym}</span> <span className="quiet">{t.kinds[each.kind]}</span></li>
            ))}</ul>
          </Section>
        )}
      </>
    )}</Shown>
  );
}
