// The viewer's proposals for the catalogue, newest first, and the decisions on them.

import { useState } from "react";
import type { MyProposalsQuery } from "../../../generated/patient";
import { Button, Confirm, Pager, Section, Shown, usePages } from "../../base";
import { useAction, useRead } from "../../graph/hooks";
import { useFormats, useWords } from "../../text/words";
import { ProposalForm } from "./Propose";
import { CatalogueProposalWithdraw, MyProposals } from "./patient/own";
import { texts } from "./texts";

type Proposal = MyProposalsQuery["me"]["proposals"]["nodes"][number];

export function Proposals({ onDone }: { onDone: (text: string) => void }) {
  const t = useWords(texts);
  const pages = usePages();
  const read = useRead(MyProposals, { after: pages.after });
  const [isOpen, setOpen] = useState(false);

  function done(text: string): void {
    setOpen(false);
    read.again(); // the first proposal is of no type that the list had
    onDone(text);
  }

  return (
    <Section id="proposals" title={t.proposals}>
      <Shown read={read}>
        {({ me: { proposals } }) => (
          <>
            {proposals.nodes.length === 0 ? (
              <p>{t.noProposals}</p>
            ) : (
              <ul className="own">
                {proposals.nodes.map((each) => (
                  <Item key={each.id} proposal={each} onWithdrawn={() => done(t.withdrawn)} />
                ))}
              </ul>
            )}
            <Pager pages={pages} pageInfo={proposals.pageInfo} />
          </>
        )}
      </Shown>
      {isOpen ? (
        <Section className="panel" id="propose" title={t.propose} level={3}>
          <ProposalForm onSent={() => done(t.sent)} />
        </Section>
      ) : (
        <Button onClick={() => setOpen(true)}>{t.propose}</Button>
      )}
    </Section>
  );
}

function Item({ proposal, onWithdrawn }: { proposal: Proposal; onWithdrawn: () => void }) {
  const t = useWords(texts);
  const { date } = useFormats();
  const [asks, setAsks] = useState(false);
  const { run, ...state } = useAction(CatalogueProposalWithdraw);
  const { id, name, kind, status, description, reason, proposedOn, decidedOn } = proposal;
  const entry = proposal.condition ?? proposal.indicator ?? proposal.treatment;

  async function withdraw(): Promise<void> {
    if (await run({ input: { proposal: id } })) onWithdrawn();
  }

  return (
    <li className="card">
      <strong>{name}</strong> · {t.statuses[status]}
      <p>{[t.proposalKinds[kind], t.proposed(date(proposedOn)), decidedOn && t.decided(date(decidedOn))].filter(Boolean).join(" · ")}</p>
      {description && <p>{description}</p>}
      {entry && <p>{t.entry(entry.name)}</p>}
      {reason && <p>{t.answer} {reason}</p>}
      {status === "OPEN" && (
        <button type="button" className="link" aria-haspopup="dialog" onClick={() => setAsks(true)}>
          {t.withdraw}
          <span className="hidden-text">: {name}</span>
        </button>
      )}
      {asks && (
        <Confirm title={t.withdrawTitle(name)} action={t.withdraw} {...state} onConfirm={() => void withdraw()} onClose={() => setAsks(false)}>
          {t.withdrawText}
        </Confirm>
      )}
    </li>
  );
}
