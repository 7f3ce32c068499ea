// What the viewer added: their own indicators and treatments, and their proposals for the catalogue.

import "./own.css";

import { useState } from "react";
import { Notice } from "../../base/Notice";
import { PageTitle } from "../../base/PageTitle";
import { Shown } from "../../base/Shown";
import { useRead } from "../../graph/hooks";
import { useWords } from "../../text/words";
import { Entry } from "./Entry";
import { OwnEntries } from "./patient/own";
import { Proposals } from "./Proposals";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = useRead(OwnEntries, {});
  const [done, setDone] = useState("");

  function onDone(text: string): void {
    setDone(text);
    read.again();
  }

  return (
    <>
      <PageTitle>{t.title}</PageTitle>
      <p>{t.lead}</p>
      {done && <Notice key={done} kind="good">{done}</Notice>}
      <Shown read={read}>
        {({ me: { ownIndicators, ownTreatments } }) => (
          <>
            <section aria-labelledby="indicators">
              <h2 id="indicators">{t.indicators}</h2>
              {ownIndicators.length === 0 ? (
                <p>{t.noIndicators}</p>
              ) : (
                <ul className="own">
                  {ownIndicators.map((each) => (
                    <Entry key={each.id} kind="indicator" entry={each} detail={t.scales[each.scale] ?? each.unit ?? ""} onDone={onDone} />
                  ))}
                </ul>
              )}
            </section>
            <section aria-labelledby="treatments">
              <h2 id="treatments">{t.treatments}</h2>
              {ownTreatments.length === 0 ? (
                <p>{t.noTreatments}</p>
              ) : (
                <ul className="own">
                  {ownTreatments.map((each) => (
                    <Entry key={each.id} kind="treatment" entry={each} detail={t.kinds[each.kind] ?? ""} onDone={onDone} />
                  ))}
                </ul>
              )}
            </section>
          </>
        )}
      </Shown>
      <Proposals onDone={onDone} />
    </>
  );
}
