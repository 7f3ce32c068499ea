// What waits for the viewer today: the check-in, surveys, treatments to evaluate.

import { Link } from "wouter";
import { Section, Shown, useFormats, useRead, useWords } from "../../base";
import { numberOf, today } from "./days";
import { DueToday } from "./patient/diary";
import { texts } from "./texts";

const SETTLED = 28; // days after which a treatment can be judged

export function Due() {
  const t = useWords(texts);
  const { number, date } = useFormats();
  const day = today();
  const read = useRead(DueToday, { today: day });
  return (
    <Section className="panel due" id="due" title={t.due}>
      <Shown read={read}>{({ me }) => {
        const count = [...me.dashboard.series, ...me.dashboard.ownSeries].length;
        const surveys = me.memberships
          .flatMap((each) => each.community.surveys.nodes)
          .filter(({ participation }) => participation?.status === "INVITED" || participation?.status === "STARTED");
        const toEvaluate = me.courses.filter(
          (each) => !each.evaluation && each.status === "ACTIVE" && numberOf(day) - numberOf(each.startedOn) >= SETTLED,
        );
        return (
          <>
            <p>{count ? t.recorded(count, number(count)) : t.nothing}</p>
            <div className="form-end">
              <Link href="/me/check-in" className="button primary">{t.checkIn}</Link>
              <Link href="/me/treatments">{t.treatments}</Link>
            </div>
            {me.memberships.length === 0 && <p>{t.alone} <Link href="/communities">{t.findCommunity}</Link></p>}
            {surveys.length > 0 && (
              <>
                <h3>{t.surveys}</h3>
                <ul>{surveys.map((each) => (
                  <li key={each.id}>
                    <Link href={`/me/surveys/${each.id}`}>{each.title}</Link>
                    {each.closesOn && <span className="quiet"> · {t.until(date(each.closesOn))}</span>}
                  </li>
                ))}</ul>
              </>
            )}
            {toEvaluate.length > 0 && (
              <>
                <h3>{t.evaluate}</h3>
                <ul>{toEvaluate.map((each) => (
                  <li key={each.id}>
                    <Link href={`/me/treatments/${each.id}`}>{each.treatment.name}</Link>
                  </li>
                ))}</ul>
              </>
            )}
          </>
        );
      }}</Shown>
    </Section>
  );
}
