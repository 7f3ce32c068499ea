// The page at `/`: what this is, how large it is, and which communities there are.

import "./landing.css";

import { Link } from "wouter";
import { homeOf, NAVIGATION } from "../../app/navigation";
import { PageTitle, Section, Shown, useFormats, useLanguage, useRead, useSession, useWords } from "../../base";
import { Communities } from "./Communities";
import { Figures } from "./everybody/landing";
import { texts } from "./texts";

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
              <Link href="/register" className="button primary">{t.register}</Link>
              <Link href="/sign-in" className="button">{t.signIn}</Link>
            </>
          ) : (
            <Link href={homeOf(audience)} className="button primary">{NAVIGATION[audience][0]?.label(language)}</Link>
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
    <Section id="figures" title={t.figures}>
      <Shown read={read}>{({ network }) => (
        <>
          <dl className="figures">
            <Figure name={t.communities} value={number(network.communities)} />
            {network.activeMembers !== null && <Figure name={t.members} value={number(network.activeMembers)} />}
            {network.treatmentsFollowed !== null && <Figure name={t.treatments} value={number(network.treatmentsFollowed)} />}
          </dl>
          <p className="quiet">{network.countedOn ? t.counted(date(network.countedOn)) : t.uncounted}</p>
        </>
      )}</Shown>
    </Section>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div><dt>{name}</dt><dd>{value}</dd></div>
  );
}
