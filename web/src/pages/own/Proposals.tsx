// The viewer's proposals for the catalogue, newest first, and the decisions on them.

import { useState } from "react";
import type { MyProposalsQuery } from "../../../generated/patient";
import { Button, ConfirmButton, isolated, Paged, Section, useFormats, usePaged, useWords } from "../../base";
import { ProposalForm } from "./Propose";
import { CatalogueProposalWithdraw, MyProposals } from "./patient/own";
import { texts } from "./texts";

type Proposal = MyProposalsQuery["me"]["proposals"]["nodes"][number];

export function Proposals({ onDone }: { onDone: (text: string) => void }) {
  const t = useWords(texts);
  const read = usePaged(MyProposals, {});
  const [isOpen, setOpen] = useState(false);

  function done(text: string): void {
    setOpen(false);
    read.again(); // the first proposal is of no type that the list had
    onDone(text);
  }

  return (
    <Section id="proposals" title={t.proposals}>
      <Paged list={read} of={(data) => data.me.proposals} empty={t.noProposals}>{(proposals) => (
        <ul className="own">
          {proposals.map((each) => <Item key={each.id} proposal={each} onWithdrawn={() => done(t.withdrawn)} />)}
        </ul>
      )}</Paged>
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
  const { id, name, kind, status, description, reason, proposedOn, decidedOn } = proposal;
  const entry = proposal.condition ?? proposal.indicator ?? proposal.treatment;
  return (
    <li className="card">
      <strong dir="auto">{name}</strong> · {t.statuses[status]}
      <p>{[t.proposalKinds[kind], t.proposed(date(proposedOn)), decidedOn && t.decided(date(decidedOn))].filter(Boolean).join(" · ")}</p>
      {description && <p dir="auto">{description}</p>}
      {entry && <p>{t.entry(entry.name)}</p>}
      {reason && <p>{t.answer} <span dir="auto">{reason}</span></p>}
      {status === "OPEN" && (
        <ConfirmButton
          kind="link"
          button={t.withdraw}
          label={`${t.withdraw}: ${name}`}
          title={t.withdrawTitle(isolated(name))}
          action={t.withdraw}
          mutation={CatalogueProposalWithdraw}
          input={{ proposal: id }}
          onDone={onWithdrawn}
        >
          {t.withdrawText}
        </ConfirmButton>
      )}
    </li>
  );
}
