// What was published for the organization, as the ledger has it, and where it publishes its results.

import "../lab.css";

import { Link } from "wouter";
import type { LabOwnUsesQuery } from "../../../../generated/buyer";
import {
  DialogButton, MutationForm, Paged, PageTitle, Shown, Table, TextField, useDone, useFormats, usePaged, useRead,
  useWords,
} from "../../../base";
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
  const list = usePaged(LabOwnUses, { organization });
  const [done, finish] = useDone(list.again);
  return (
    <>
      {done}
      <Paged list={list} of={(data) => data.dataUses} empty={t.none}>{(uses) => (
        <Table caption={names.uses} rows={uses} columns={[
          { title: t.entry, cell: (use) => <Link href={`/ledger/${use.id}`}>{number(use.ledgerEntry.position)}</Link>, numeric: true },
          { title: t.insight, cell: (use) => <Title use={use} /> },
          { title: t.purpose, cell: (use) => use.purpose },
          { title: t.when, cell: (use) => time(use.publishedAt) },
          { title: t.cost, cell: (use) => number(use.cost.microRho), numeric: true },
          { title: t.results, cell: (use) => <Results use={use} onLinked={() => finish(t.linked)} /> },
        ]} />
      )}</Paged>
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

/** Where the results of a use are published, and for those who may a form to add to them. */
function Results({ use, onLinked }: { use: Use; onLinked: () => void }) {
  const t = useWords(texts);
  const title = t.addTo(useName(use));
  const links = useMay("ANALYST");
  return (
    <>
      {use.results.map(({ url }) => <div key={url}><a href={url} rel="noreferrer">{new URL(url).host}</a></div>)}
      {links && (
        <DialogButton kind="link" button={t.add} label={title} title={title}>{(close) => (
          <MutationForm
            submit={t.link}
            mutation={LabDataUseLinkResults}
            input={({ url = "" }) => ({ dataUse: use.id, url })}
            onDone={() => (close(), onLinked())}
          >
            <TextField name="url" label={t.url} hint={t.urlHint} initial="https://" maxLength={500} required />
          </MutationForm>
        )}</DialogButton>
      )}
    </>
  );
}
