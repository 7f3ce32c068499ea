// One use of data, at an address of its own: what the public ledger says of it, and its line there.

import { Link } from "wouter";
import { Facts, Missing, PageTitle, Raw, Shown, useFormats, useRead, useWords, type PageProps } from "../../base";
import { Purpose } from "./Page";
import { LedgerUse } from "./everybody/ledger";
import { useNames } from "./named";
import { texts } from "./texts";

export function Page({ parameters }: PageProps) {
  const t = useWords(texts);
  const { number, time, epsilon } = useFormats();
  const names = useNames();
  const read = useRead(LedgerUse, { id: parameters["id"] ?? "" });
  return (
    <>
      <p><Link href="/ledger">{t.title}</Link></p>
      <Shown read={read}>{({ node: use }) => use?.__typename === "DataUse" ? (
        <>
          <PageTitle>{t.entryOf(number(use.ledgerEntry.position))}</PageTitle>
          <Facts facts={[
            [t.published, time(use.publishedAt)],
            [t.organization, use.organization?.name ?? t.own],
            [t.purpose, <Purpose {...use} />],
            [t.data, [names(use).data, ...names(use).counted].join(" · ")],
            [t.cost, epsilon(use.cost.epsilon)],
            [t.line, <Raw>{use.ledgerEntry.line}</Raw>],
            [t.hash, <code>{use.ledgerEntry.hash}</code>],
            [t.previousHash, <code>{use.ledgerEntry.previousHash}</code>],
          ]} />
        </>
      ) : (
        <Missing title={t.notFound} text={t.unknown} />
      )}</Shown>
    </>
  );
}
