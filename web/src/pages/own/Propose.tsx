// Proposes a condition, a symptom or a treatment that the catalogue lacks.

import { useState } from "react";
import { Link } from "wouter";
import {
  Button, MutationForm, Notice, optionsOf, Section, SelectField, TextField, useWords, type Values,
} from "../../base";
import type { OwnKind } from "./Entry";
import { CatalogueProposalCreate } from "./patient/own";
import { texts } from "./texts";

type ProposalKind = keyof typeof texts.en.proposalKinds;

/** Below a search that has not found it: a button, and then the form. */
export function Propose({ kind, name }: { kind: ProposalKind; name: string }) {
  const t = useWords(texts);
  const [state, setState] = useState<"closed" | "open" | "sent">("closed");
  if (state === "sent") {
    return (
      <Notice kind="good">
        <p>{t.sent} <Link href="/me/own">{t.all}</Link></p>
      </Notice>
    );
  }
  if (state === "closed") {
    return <p><Button onClick={() => setState("open")}>{t.proposeFor[kind]}</Button></p>;
  }
  return (
    <Section className="panel" id="propose" title={t.proposeFor[kind]} level={3}>
      <ProposalForm kind={kind} name={name} onSent={() => setState("sent")} />
    </Section>
  );
}

interface Props {
  /** The viewer chooses it if it is not given. */
  kind?: ProposalKind;
  name?: string;
  /** What they track under a name of their own, and follows an accepted proposal. */
  follower?: { kind: OwnKind; id: string };
  onSent: () => void;
}

export function ProposalForm({ kind, name, follower, onSent }: Props) {
  const t = useWords(texts);

  function inputOf(values: Values) {
    return {
      kind: kind ?? (values["kind"] as ProposalKind),
      name: values["name"] ?? "",
      description: values["description"] || null,
      ...(follower?.kind === "indicator" && { ownIndicator: follower.id }),
      ...(follower?.kind === "treatment" && { ownTreatment: follower.id }),
    };
  }

  return (
    <>
      <p>{t.proposeHint} {follower && t.follows[follower.kind]}</p>
      <MutationForm submit={t.send} mutation={CatalogueProposalCreate} input={inputOf} onDone={onSent}>
        {!kind && <SelectField name="kind" label={t.what} options={optionsOf(t.proposalKinds)} />}
        <TextField name="name" label={t.name} initial={name} autoComplete="off" />
        <TextField name="description" label={t.description} hint={t.descriptionHint} rows={3} />
      </MutationForm>
    </>
  );
}
