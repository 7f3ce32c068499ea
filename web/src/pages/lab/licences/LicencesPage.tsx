// The organization's licences: what each opens, and what may still be spent under it.

import "../lab.css";

import { Link } from "wouter";
import type { LabLicencesQuery } from "../../../../generated/buyer";
import { Facts, PageTitle, Shown, useFormats, useRead, useWords, type Fact } from "../../../base";
import { ForRole } from "../ForRole";
import { LabLicences, LabLicensedDatasets } from "../buyer/licences";
import { LabQuote } from "../buyer/question";
import { texts as shared } from "../texts";
import { texts } from "./texts";

type Licence = LabLicencesQuery["organization"]["licences"][number];

const STYLES = { REQUESTED: "badge", GRANTED: "badge good", REFUSED: "badge bad", ENDED: "badge" };

export function Page() {
  const t = useWords(texts);
  const read = useRead(LabLicences, {});
  return (
    <>
      <PageTitle lead={t.lead}>{useWords(shared).licences}</PageTitle>
      <ForRole least="ADMINISTRATOR">
        <p><Link href="/lab/licences/request" className="button primary">{t.request}</Link></p>
      </ForRole>
      <Shown read={read}>{({ organization: { licences } }) => licences.length === 0 ? (
        <p className="quiet">{t.empty}</p>
      ) : (
        <>{licences.map((each) => <OneLicence key={each.id} licence={each} />)}</>
      )}</Shown>
    </>
  );
}

function OneLicence({ licence }: { licence: Licence }) {
  const t = useWords(texts);
  const names = useWords(shared);
  const { number, date, epsilon } = useFormats();
  const { price, quota } = licence;
  const facts: Fact[] = [
    [t.purpose, licence.purpose],
    [t.kind, licence.purposeKind && names.purposes[licence.purposeKind]],
    [t.days, t.from(date(licence.startsOn), date(licence.endsOn))],
    [t.reason, licence.reason],
    [t.quota, quota.microRho > 0 ? t.microRho(number(quota.microRho), epsilon(quota.epsilon)) : null],
    [t.price, price && number(Number(price.amount), { style: "currency", currency: price.currency })],
    [t.due, licence.status === "REFUSED" || licence.resultsDueOn === null ? null : date(licence.resultsDueOn)],
  ];
  return (
    <section className="card licence" aria-labelledby={licence.id}>
      <h2 id={licence.id}>
        {licence.community.name} <span className={STYLES[licence.status]}>{t.statuses[licence.status]}</span>
      </h2>
      <Facts facts={facts} />
      {licence.status === "GRANTED" && <Opened licence={licence} />}
    </section>
  );
}

function Opened({ licence }: { licence: Licence }) {
  const t = useWords(texts);
  const read = useRead(LabLicensedDatasets, { community: licence.community.slug });
  return (
    <>
      <h3>{t.opens}</h3>
      <Shown read={read}>{({ datasets: { nodes } }) => nodes.length === 0 ? (
        <p>{t.none}</p>
      ) : (
        <ul>{nodes.map((each) => (
          <li key={each.id}>
            <Link href={`/lab/datasets/${each.id}`}>{each.title}</Link>
            {" — "}
            {each.endedOn === null ? <Left dataset={each.id} licence={licence.id} variable={each.variables[0]?.name ?? ""} /> : t.over}
          </li>
        ))}</ul>
      )}</Shown>
    </>
  );
}

/** What may still be spent on a dataset under a licence, which the quote of any question says. */
function Left({ dataset, licence, variable }: { dataset: string; licence: string; variable: string }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const read = useRead(LabQuote, { input: { dataset, licence, variable, by: [], precision: "WITHIN_50" } });
  const quote = read.data?.insightQuote;
  return quote ? t.left(number(quote.remainingAfter.microRho + (quote.affordable ? quote.cost.microRho : 0))) : "…";
}
