// What members would like to find in the catalogue, and the decisions on it.

import { useState } from "react";
import type { ProposalsQuery } from "../../../../generated/manager";
import {
  Button, Form, optionsOf, RadioField, TextField, useAction, useFormats, useWords, type Values,
} from "../../../base";
import { Queue } from "../Queue";
import { StaffPage } from "../StaffPage";
import { EntryPicker } from "./EntryPicker";
import type { Kind } from "./kinds";
import { Proposals, ProposalsAccept, ProposalsDecline, ProposalsMerge } from "./manager/catalogue";
import { texts } from "./texts";

type Proposal = ProposalsQuery["catalogueProposals"]["nodes"][number];

const KINDS: Record<Proposal["kind"], Kind> = { CONDITION: "conditions", SYMPTOM: "indicators", TREATMENT: "treatments" };

export function Page() {
  const t = useWords(texts);
  return (
    <StaffPage title={t.proposals} section="proposals">
      <Queue operation={Proposals} pageOf={(data) => data.catalogueProposals} statuses={t.proposalStatuses} initial="OPEN">
        {(proposal, onDone) => <Case key={proposal.id} proposal={proposal} onDone={() => onDone(t.decided)} />}
      </Queue>
    </StaffPage>
  );
}

function Case({ proposal, onDone }: { proposal: Proposal; onDone: () => void }) {
  const t = useWords(texts);
  const { date } = useFormats();
  const [deciding, setDeciding] = useState(false);
  return (
    <article className="case" aria-labelledby={`title-${proposal.id}`}>
      <h2 id={`title-${proposal.id}`}>
        {proposal.name} <span className="badge">{t.proposalKinds[proposal.kind]}</span>{" "}
        {proposal.status !== "OPEN" && <span className="badge">{t.proposalStatuses[proposal.status]}</span>}
      </h2>
      <p className="quiet">{[t.proposed(date(proposal.proposedOn)), proposal.community?.name].filter(Boolean).join(" · ")}</p>
      {proposal.description && <p>{proposal.description}</p>}
      {proposal.reason && <p>{proposal.reason}</p>}
      {proposal.status === "OPEN" && <Button onClick={() => setDeciding(!deciding)}>{t.decide}</Button>}
      {deciding && <Decide proposal={proposal} onDone={onDone} />}
    </article>
  );
}

function Decide({ proposal, onDone }: { proposal: Proposal; onDone: () => void }) {
  const t = useWords(texts);
  const [decision, setDecision] = useState("");
  const accept = useAction(ProposalsAccept);
  const merge = useAction(ProposalsMerge);
  const decline = useAction(ProposalsDecline);
  const { busy, refusals, failure } = { accept, into: merge, decline }[decision] ?? decline;

  async function decide({ entry = "", into = "", reason = "", note = "" }: Values): Promise<void> {
    const proposals = [proposal.id];
    const send = {
      accept: () => accept.run({ proposals, entry, note: note || null }),
      into: () => merge.run({ proposals, into, note: note || null }),
    }[decision] ?? (() => decline.run({ proposals, reason }));
    if (await send()) onDone();
  }

  return (
    <Form submit={t.decideNow} busy={busy} refusals={refusals} failure={failure} onSubmit={(values) => void decide(values)}>
      <RadioField
        name="decision"
        label={t.decision}
        required
        options={optionsOf({ accept: t.accept, into: t.into, decline: t.decline })}
        onChange={setDecision}
      />
      {(decision === "accept" || decision === "into") && (
        <>
          <EntryPicker key={decision} kind={KINDS[proposal.kind]} name={decision === "accept" ? "entry" : "into"} />
          <TextField name="note" label={t.note} rows={2} />
        </>
      )}
      {decision === "decline" && <TextField name="reason" label={t.reason} hint={t.reasonHint} rows={3} required />}
    </Form>
  );
}
