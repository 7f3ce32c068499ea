// An indicator or a treatment of the viewer's own: renamed, moved to the catalogue, proposed for it, or deleted.

import { useState } from "react";
import { Button, ConfirmButton, isolated, MutationForm, TextField, useWords, type Values } from "../../base";
import { Move } from "./Move";
import { ProposalForm } from "./Propose";
import { OwnIndicatorDelete, OwnIndicatorRename, OwnTreatmentDelete, OwnTreatmentRename } from "./patient/own";
import { texts } from "./texts";

export interface OwnEntry {
  readonly id: string;
  readonly name: string;
  /** Of indicators. */
  readonly scale?: string;
  readonly unit?: string | null;
  readonly proposal: { readonly status: string } | null;
}

export type OwnKind = "indicator" | "treatment";

interface Props {
  kind: OwnKind;
  entry: OwnEntry;
  /** How it is recorded, or what it is. */
  detail: string;
  /** With a sentence on what was done. */
  onDone: (text: string) => void;
}

type Opened = "rename" | "move" | "proposeIt";

export function Entry({ kind, entry, detail, onDone }: Props) {
  const t = useWords(texts);
  const [opened, setOpened] = useState<Opened | null>(null);
  const isProposed = entry.proposal?.status === "OPEN";
  const offered: readonly Opened[] = isProposed ? ["rename", "move"] : ["rename", "move", "proposeIt"];

  function done(text: string): void {
    setOpened(null);
    onDone(text);
  }

  return (
    <li className="card">
      <strong dir="auto">{entry.name}</strong>
      <p>{[detail, isProposed && t.isProposed].filter(Boolean).join(" · ")}</p>
      <div className="form-end">
        {offered.map((each) => (
          <Button
            key={each}
            kind="link"
            label={`${t[each]}: ${entry.name}`}
            expanded={opened === each}
            onClick={() => setOpened(opened === each ? null : each)}
          >
            {t[each]}
          </Button>
        ))}
        <Delete kind={kind} entry={entry} onDone={done} />
      </div>
      {opened === "rename" && <Rename kind={kind} entry={entry} onDone={done} />}
      {opened === "move" && <Move kind={kind} entry={entry} onDone={done} />}
      {opened === "proposeIt" && (
        <ProposalForm kind={kind === "indicator" ? "SYMPTOM" : "TREATMENT"} name={entry.name} follower={{ kind, id: entry.id }} onSent={() => done(t.sent)} />
      )}
    </li>
  );
}

interface Action {
  kind: OwnKind;
  entry: OwnEntry;
  onDone: (text: string) => void;
}

function Rename({ kind, entry, onDone }: Action) {
  const t = useWords(texts);
  const form = {
    submit: t.save,
    onDone: (_: unknown, { name = "" }: Values) => onDone(t.renamed(isolated(name))),
    children: <TextField name="name" label={t.name} initial={entry.name} autoComplete="off" />,
  };
  return kind === "indicator" ? (
    <MutationForm mutation={OwnIndicatorRename} input={({ name = "" }) => ({ ownIndicator: entry.id, name })} {...form} />
  ) : (
    <MutationForm mutation={OwnTreatmentRename} input={({ name = "" }) => ({ ownTreatment: entry.id, name })} {...form} />
  );
}

function Delete({ kind, entry, onDone }: Action) {
  const t = useWords(texts);
  const confirm = {
    kind: "link" as const,
    button: t.delete,
    label: `${t.delete}: ${entry.name}`,
    title: t.deleteTitle(isolated(entry.name)),
    action: t.delete,
    children: t.deleteText[kind],
    onDone: () => onDone(t.deleted(isolated(entry.name))),
  };
  return kind === "indicator" ? (
    <ConfirmButton mutation={OwnIndicatorDelete} input={{ ownIndicator: entry.id }} {...confirm} />
  ) : (
    <ConfirmButton mutation={OwnTreatmentDelete} input={{ ownTreatment: entry.id }} {...confirm} />
  );
}
