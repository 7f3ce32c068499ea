// The communities of the person who has signed in, and a search for others.

import { Link } from "wouter";
import { PageTitle, Section, Shown, useRead, useSession, useWords } from "../../base";
import { Communities } from "../landing/Communities";
import { Propose } from "../own/Propose";
import { MyCommunities } from "./patient/community";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const { audience } = useSession();
  return (
    <>
      <PageTitle>{t.communities}</PageTitle>
      {audience === "PATIENT" && <Mine />}
      {audience === "PATIENT" ? <Communities Missing={Missing} /> : <Communities />}
    </>
  );
}

function Missing({ search }: { search: string }) {
  return <Propose kind="CONDITION" name={search} />;
}

function Mine() {
  const t = useWords(texts);
  const read = useRead(MyCommunities, {});
  return (
    <Section id="mine" title={t.mine}>
      <Shown read={read}>{({ me: { memberships } }) => memberships.length === 0 ? (
        <p>{t.noneYet}</p>
      ) : (
        <ul className="cards">{memberships.map(({ id, community }) => (
          <li key={id}>
            <Link href={`/communities/${community.slug}`} className="card">
              <strong>{community.name}</strong>
            </Link>
          </li>
        ))}</ul>
      )}</Shown>
    </Section>
  );
}
