// The page at `/`: what this is, how large it is, and which communities there are.

import "./landing.css";

import { useEffect, useState } from "react";
import { Link } from "wouter";
import { homeOf, NAVIGATION } from "../../app/navigation";
import { useSession } from "../../app/session";
import { PageTitle } from "../../base/PageTitle";
import { Shown } from "../../base/Shown";
import { useRead } from "../../graph/hooks";
import { useFormats, useLanguage, useWords } from "../../text/words";
import { Figures, FoundCommunities, MatchedCommunities } from "./everybody/landing";
import { texts } from "./texts";

const PAUSE = 250; // milliseconds without a key, before a search is sent

export function Page() {
  const t = useWords(texts);
  const language = useLanguage();
  const { audience } = useSession();
  return (
    <>
      <section className="hero">
        <PageTitle>{t.title}</PageTitle>
        <p className="lead">{t.lead}</p>
        <p>{t.promise}</p>
        <div className="form-end">
          {audience === "PUBLIC" ? (
            <>
              <Link href="/register" className="button primary">
                {t.register}
              </Link>
              <Link href="/sign-in" className="button">
                {t.signIn}
              </Link>
            </>
          ) : (
            <Link href={homeOf(audience)} className="button primary">
              {NAVIGATION[audience][0]?.label[language]}
            </Link>
          )}
          <Link href="/ledger">{t.ledger}</Link>
        </div>
      </section>
      <NetworkFigures />
      <Communities />
    </>
  );
}

function NetworkFigures() {
  const t = useWords(texts);
  const { number, date } = useFormats();
  const read = useRead(Figures, {});
  return (
    <section aria-labelledby="figures">
      <h2 id="figures">{t.figures}</h2>
      <Shown read={read}>
        {({ network }) => (
          <>
            <dl className="figures">
              <Figure name={t.communities} value={number(network.communities)} />
              {network.activeMembers !== null && <Figure name={t.members} value={number(network.activeMembers)} />}
              {network.treatmentsFollowed !== null && <Figure name={t.treatments} value={number(network.treatmentsFollowed)} />}
            </dl>
            <p className="quiet">{network.countedOn ? t.counted(date(network.countedOn)) : t.uncounted}</p>
          </>
        )}
      </Shown>
    </section>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Communities() {
  const t = useWords(texts);
  const { number } = useFormats();
  const [typed, setTyped] = useState("");
  const [search, setSearch] = useState("");
  const all = useRead(FoundCommunities, {}, { pause: search !== "" });
  const matched = useRead(MatchedCommunities, { search }, { pause: search === "" });

  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), PAUSE);
    return () => clearTimeout(timer);
  }, [typed]);

  return (
    <section aria-labelledby="find">
      <h2 id="find">{t.find}</h2>
      <div className="field search">
        <label htmlFor="search">{t.search}</label>
        <input id="search" type="search" value={typed} maxLength={200} onChange={(event) => setTyped(event.target.value)} />
      </div>
      <div aria-live="polite">
        <Shown read={search ? matched : all}>
          {({ communities: { nodes, pageInfo } }) => (
            <>
              {nodes.length === 0 && <p>{t.none(search)}</p>}
              <ul className="cards">
                {nodes.map((each) => (
                  <li key={each.slug}>
                    <Link href={`/communities/${each.slug}`} className="card">
                      <strong>{each.name}</strong>
                      <Matched {...each} />
                      <p>{each.description}</p>
                      {each.memberCount > 0 && <p>{t.size(number(each.memberCount))}</p>}
                    </Link>
                  </li>
                ))}
              </ul>
              {pageInfo.hasNextPage && <p className="quiet more">{t.more}</p>}
            </>
          )}
        </Shown>
      </div>
    </section>
  );
}

/** The words by which a search found a community, if they are not its name. */
function Matched({ name, matched }: { name: string; matched?: { readonly name: string } | null }) {
  const t = useWords(texts);
  return matched && matched.name !== name ? <p>{t.alsoCalled(matched.name)}</p> : null;
}
