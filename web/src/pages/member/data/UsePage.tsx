// One use of the member's data: for whom, why, the numbers themselves, and its entry in the public ledger.

import "./data.css";

import { Link } from "wouter";
import {
  Facts, Missing, PageTitle, Shown, useFormats, useRead, useWords, type Fact, type PageProps,
} from "../../../base";
import { useNames } from "../../ledger/named";
import { Numbers } from "./Numbers";
import { MyUse, type WholeUseFragment } from "./patient/data";
import { texts } from "./texts";

export function Page({ parameters: { id = "" } }: PageProps) {
  const t = useWords(texts);
  const read = useRead(MyUse, { id });
  return (
    <>
      <p><Link href="/me/data">← {t.whereTo}</Link></p>
      <Shown read={read}>{({ node }) => node && "purpose" in node ? (
        <Use use={node as WholeUseFragment} />
      ) : (
        <Missing title={t.unknownUse} text={t.unknownUseHint} />
      )}</Shown>
    </>
  );
}

function Use({ use }: { use: WholeUseFragment }) {
  const t = useWords(texts);
  const { time, number, epsilon } = useFormats();
  const { data, counted, isCount } = useNames()(use);
  const facts: Fact[] = [
    [t.forWhom, use.organization ? `${use.organization.name} (${t.kinds[use.organization.kind]})` : t.ownResearch],
    [t.purposeKind, use.purposeKind ? t.purposes[use.purposeKind] : ""],
    [t.when, time(use.publishedAt)],
    [t.community, use.community?.name ?? t.network],
    [t.data, data],
    [t.cost, t.costOf(number(use.cost.microRho), epsilon(use.cost.epsilon))],
  ];
  return (
    <>
      <PageTitle>{use.purpose}</PageTitle>
      <Facts facts={facts} />
      {use.results.map(({ url }) => <p key={url}><a href={url} rel="noreferrer">{t.results}</a></p>)}
      <h2>{t.numbersPublished}</h2>
      {use.insight ? <Numbers insight={use.insight} /> : <p>{isCount ? t.countsOnly(counted.join(", ")) : t.sizeOnly}</p>}
      <h2>{t.entry}</h2>
      <p>
        {t.entryHint(number(use.ledgerEntry.position))} <Link href={`/ledger/${use.id}`}>{t.toLedger}</Link>
      </p>
      <details>
        <summary>{t.line}</summary>
        <p><code>{use.ledgerEntry.line}</code></p>
        <p>{t.hash} <code>{use.ledgerEntry.hash}</code></p>
      </details>
    </>
  );
}
