// What was published for the organization, as the ledger has it, and where it publishes its results.

import "../lab.css";

import { useState } from "react";
import { Link } from "wouter";
import type { LabOwnUsesQuery } from "../../../../generated/buyer";
import { Dialog, MutationForm, Notice, Paged, PageTitle, Shown, Table, TextField, usePaged } from "../../../base";
import { useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { ForRole, useMay } from "../ForRole";
import { InsightLink, useTitles } from "../InsightTable";
import { LabOrganization } from "../buyer/datasets";
import { LabDataUseLinkResults, LabOwnUses } from "../buyer/organization";
import { texts as shared } from "../texts";
import { texts } from "./texts";

type Use = LabOwnUsesQuery["dataUses"]["nodes"][number];

export function Page() {
  const t = useWords(texts);
  const read = useRead(LabOrganization, {});
  return (
    <>
      <PageTitle lead={t.usesLead}>{useWords(shared).uses}</PageTitle>
      <ForRole least="ANALYST" />
      <Shown read={read}>{({ organization }) => <Uses organization={organization.id} />}</Shown>
    </>
  );
}

function Uses({ organization }: { organization: string }) {
  const t = useWords(texts);
  const names = useWords(shared);
  const { number, time } = useFormats();
  const links = useMay("ANALYST");
  const [linking, setLinking] = useState<Use | null>(null);
  const [linked, setLinked] = useState(false);
  const list = usePaged(LabOwnUses, { organization });

  function close(done: boolean): void {
    setLinking(null);
    setLinked(done);
  }

  return (
    <>
      {linked && <Notice kind="good">{t.linked}</Notice>}
      <Paged list={list} of={(data) => data.dataUses} empty={t.none}>{(uses) => (
        <Table caption={names.uses} rows={uses} columns={[
          { title: t.entry, cell: (use) => <Link href={`/ledger/${use.id}`}>{number(use.ledgerEntry.position)}</Link>, numeric: true },
          { title: t.insight, cell: (use) => <Title use={use} /> },
          { title: t.purpose, cell: (use) => use.purpose },
          { title: t.when, cell: (use) => time(use.publishedAt) },
          { title: t.cost, cell: (use) => number(use.cost.microRho), numeric: true },
          { title: t.results, cell: (use) => <Results use={use} onAdd={links ? () => setLinking(use) : undefined} /> },
        ]} />
      )}</Paged>
      {linking && <LinkResults use={linking} onClose={close} />}
    </>
  );
}

/** What a use counted, in words if the organization may read its table. */
function useName({ insight, variables }: Use): string {
  const title = useTitles();
  return insight ? title(insight) : variables.join(", ");
}

function Title({ use }: { use: Use }) {
  const t = useWords(texts);
  const name = useName(use);
  return (
    <>
      {use.insight ? <InsightLink insight={use.insight} /> : t.unreadable(name)}
      <br />
      <span className="quiet">{use.insight?.dataset.title ?? use.datasetTitle}</span>
    </>
  );
}

function Results({ use, onAdd }: { use: Use; onAdd: (() => void) | undefined }) {
  const t = useWords(texts);
  const title = useName(use);
  return (
    <>
      {use.results.map(({ url }) => <div key={url}><a href={url} rel="noreferrer">{new URL(url).host}</a></div>)}
      {onAdd && <button type="button" className="link" aria-label={t.addTo(title)} onClick={onAdd}>{t.add}</button>}
    </>
  );
}

function LinkResults({ use, onClose }: { use: Use; onClose: (done: boolean) => void }) {
  const t = useWords(texts);
  return (
    <Dialog title={t.addTo(useName(use))} onClose={() => onClose(false)}>
      <MutationForm
        submit={t.link}
        mutation={LabDataUseLinkResults}
        input={({ url = "" }) => ({ dataUse: use.id, url })}
        onDone={() => onClose(true)}
      >
        <TextField name="url" label={t.url} hint={t.urlHint} initial="https://" maxLength={500} required />
      </MutationForm>
    </Dialog>
  );
}
