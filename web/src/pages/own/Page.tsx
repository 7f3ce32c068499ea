// What the viewer added: their own indicators and treatments, and their proposals for the catalogue.

import "./own.css";

import { PageTitle, Section, Shown, useDone, useRead, useWords } from "../../base";
import { Entry } from "./Entry";
import { Proposals } from "./Proposals";
import { OwnEntries } from "./patient/own";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = useRead(OwnEntries, {});
  const [done, onDone] = useDone(read.again);
  return (
    <>
      <PageTitle lead={t.lead}>{t.title}</PageTitle>
      {done}
      <Shown read={read}>{({ me: { ownIndicators, ownTreatments } }) => (
        <>
          <Section id="indicators" title={t.indicators}>
            {ownIndicators.length === 0 ? (
              <p className="quiet">{t.noIndicators}</p>
            ) : (
              <ul className="own">{ownIndicators.map((each) => (
                <Entry key={each.id} kind="indicator" entry={each} detail={t.scales[each.scale] ?? each.unit ?? ""} onDone={onDone} />
              ))}</ul>
            )}
          </Section>
          <Section id="treatments" title={t.treatments}>
            {ownTreatments.length === 0 ? (
              <p className="quiet">{t.noTreatments}</p>
            ) : (
              <ul className="own">{ownTreatments.map((each) => (
                <Entry key={each.id} kind="treatment" entry={each} detail={t.kinds[each.kind] ?? ""} onDone={onDone} />
              ))}</ul>
            )}
          </Section>
        </>
      )}</Shown>
      <Proposals onDone={onDone} />
    </>
  );
}
