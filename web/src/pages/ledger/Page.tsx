// The public ledger: each use of data, and a check of its chain by this browser.

import { useState } from "react";
import { useClient } from "urql";
import { Link } from "wouter";
import { Button, Notice, Paged, PageTitle, Section, Table, useFormats, usePaged, useWords } from "../../base";
import { documentOf } from "../../graph/client";
import { checkChain, type Entry, type Verdict } from "./chain";
import { DataUses, LedgerChain } from "./everybody/ledger";
import { useNames } from "./named";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  return (
    <>
      <PageTitle lead={t.lead}>{t.title}</PageTitle>
      <Check />
      <Uses />
    </>
  );
}

type State = { kind: "idle" } | { kind: "checking"; checked: number } | { kind: "done"; verdict: Verdict } | { kind: "failed" };

function Check() {
  const t = useWords(texts);
  const client = useClient();
  const [state, setState] = useState<State>({ kind: "idle" });

  async function* pages(): AsyncGenerator<readonly Entry[]> {
    let after: string | null = null;
    do {
      const { data } = await client.query(documentOf(LedgerChain), { after }, { requestPolicy: "network-only" }).toPromise();
      if (!data) throw new Error("The ledger could not be read.");
      const { nodes, pageInfo }: typeof data.ledgerEntries = data.ledgerEntries;
      yield nodes;
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
  }

  async function check(): Promise<void> {
    setState({ kind: "checking", checked: 0 });
    try {
      const verdict = await checkChain(pages(), (checked) => setState({ kind: "checking", checked }));
      setState({ kind: "done", verdict });
    } catch {
      setState({ kind: "failed" });
    }
  }

  return (
    <Section id="check" title={t.check} lead={t.explanation}>
      {"subtle" in crypto ? (
        <Button busy={state.kind === "checking"} onClick={() => void check()}>
          {state.kind === "idle" ? t.start : t.again}
        </Button>
      ) : (
        <Notice>{t.unable}</Notice>
      )}
      <Outcome state={state} />
    </Section>
  );
}

function Outcome({ state }: { state: State }) {
  const t = useWords(texts);
  const { number } = useFormats();
  if (state.kind === "idle") return null;
  if (state.kind === "checking") return <Notice>{t.progress(number(state.checked))}</Notice>;
  if (state.kind === "failed") return <Notice kind="fault">{t.failed}</Notice>;
  const { checked, broken, head } = state.verdict;
  if (broken !== null) return <Notice kind="fault">{t.broken(number(broken))}</Notice>;
  if (checked === 0) return <Notice>{t.empty}</Notice>;
  return (
    <Notice kind="good">
      <p><strong>{t.holds(number(checked))}</strong></p>
      <p>{t.head} <code>{head}</code></p>
      <p>{t.keep}</p>
    </Notice>
  );
}

function Uses() {
  const t = useWords(texts);
  const { number, time, epsilon } = useFormats();
  const names = useNames();
  const dataOf = (use: Parameters<typeof names>[0]): string => [names(use).data, ...names(use).counted].join(" · ");
  const read = usePaged(DataUses, {});
  return (
    <Section id="uses" title={t.uses}>
      <Paged list={read} of={(data) => data.dataUses}>{(nodes) => (
        <Table caption={t.uses} rows={nodes} columns={[
          { title: t.entry, cell: (use) => <Link href={`/ledger/${use.id}`}>{number(use.ledgerEntry.position)}</Link>, numeric: true },
          { title: t.published, cell: (use) => time(use.publishedAt) },
          { title: t.organization, cell: (use) => use.organization?.name ?? t.own },
          { title: t.purpose, cell: (use) => <Purpose {...use} /> },
          { title: t.data, cell: (use) => dataOf(use) },
          { title: t.cost, cell: (use) => epsilon(use.cost.epsilon), numeric: true },
        ]} />
      )}</Paged>
    </Section>
  );
}

export function Purpose({ purpose, results }: { purpose: string; results: readonly { readonly url: string }[] }) {
  const t = useWords(texts);
  return (
    <>
      {purpose}
      {results.map(({ url }) => <div key={url}><a href={url} rel="noreferrer">{t.results}</a></div>)}
    </>
  );
}
