// What was published for the organization, as the ledger has it, and where it publishes its results.

import "../lab.css";

import { useState } from "react";
import { Link } from "wouter";
import type { LabOwnUsesQuery } from "../../../../generated/buyer";
import { Dialog, Form, Notice, Pager, PageTitle, Shown, Table, TextField, usePages } from "../../../base";
import { useAction, useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { ForRole, useMay } from "../ForRole";
import { InsightLink } from "../InsightTable";
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
      <PageTitle>{useWords(shared).uses}</PageTitle>
      <p>{t.usesLead}</p>
      <ForRole least="ANALYST" />
      <Shown read={read}>{({ organization }) => <Uses organization={organization.id} />}</Shown>
    </>
  );
}

function Uses({ organization }: { organization: string }) {
  const t = useWords(texts);
  const names = useWords(shared);
  const { number, time } = useFormats();
  const pages = usePages();
  const links = useMay("ANALYST");
  const [linking, setLinking] = useState<Use | null>(null);
  const [linked, setLinked] = useState(false);
  const read = useRead(LabOwnUses, { organization, after: pages.after });
  return (
    <>
      {linked && <Notice kind="good">{t.linked}</Notice>}
      <Shown read={read}>
        {({ dataUses: { nodes, pageInfo } }) =>
          nodes.length === 0 ? (
            <p className="quiet">{t.none}</p>
          ) : (
            <>
              <Table
                caption={names.uses}
                rows={nodes}
                keyOf={(use) => use.id}
                columns={[
                  { title: t.entry, cell: (use) => <Link href={`/ledger/${use.id}`}>{number(use.ledgerEntry.position)}</Link>, numeric: true },
                  { title: t.insight, cell: (use) => <Title use={use} /> },
                  { title: t.purpose, cell: (use) => use.purpose },
                  { title: t.when, cell: (use) => time(use.publishedAt) },
                  { title: t.cost, cell: (use) => number(use.cost.microRho), numeric: true },
                  { title: t.results, cell: (use) => <Results use={use} onAdd={links ? () => setLinking(use) : undefined} /> },
                ]}
              />
              <Pager pages={pages} pageInfo={pageInfo} />
            </>
          )
        }
      </Shown>
      {linking && (
        <LinkResults
          use={linking}
          onClose={(done) => {
            setLinking(null);
            setLinked(done);
          }}
        />
      )}
    </>
  );
}

/** What a use counted, in words if the organization may read its table. */
function useName({ insight, variables }: Use): string {
  const { titled } = useWords(shared);
  return insight ? titled(insight.variable.label, insight.by.map((each) => each.label)) : variables.join(", ");
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
  const { run, ...state } = useAction(LabDataUseLinkResults);

  async function link(url: string): Promise<void> {
    if (await run({ input: { dataUse: use.id, url } })) onClose(true);
  }

  return (
    <Dialog title={t.addTo(useName(use))} onClose={() => onClose(false)}>
      <Form submit={t.link} {...state} onSubmit={(values) => void link(values["url"] ?? "")}>
        <TextField name="url" label={t.url} hint={t.urlHint} initial="https://" maxLength={500} required />
      </Form>
    </Dialog>
  );
}
