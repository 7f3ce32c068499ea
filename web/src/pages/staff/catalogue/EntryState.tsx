// Whether an entry of the catalogue is in use: retires it, brings it back, or merges it into another one.

import { useState } from "react";
import { Button, Done, Form, Refused } from "../../../base";
import { useAction } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { State } from "./CataloguePage";
import { EntryPicker } from "./EntryPicker";
import { CATALOGUE, type AnyChange, type Kind } from "./kinds";
import { texts } from "./texts";
import type { Entry } from "./values";

interface Props {
  kind: Kind;
  entry: Entry;
  onDone: () => void;
}

export function EntryState({ kind, entry, onDone }: Props) {
  const t = useWords(texts);
  const { entry: argument, retire, merge } = CATALOGUE[kind];
  const [done, setDone] = useState(0);
  const isCommunity = "status" in entry;
  const inUse = isCommunity ? entry.status === "OPEN" : !entry.retiredOn;
  const { run, ...state } = useAction(inUse ? retire.retire : retire.reinstate);
  if ("mergedInto" in entry && entry.mergedInto) return <p className="notice">{t.merged(entry.mergedInto.name)}</p>;

  async function change(): Promise<void> {
    if (!(await run({ input: { [argument]: entry.id, ...(!isCommunity && { retired: inUse }) } }))) return;
    setDone(done + 1);
    onDone();
  }

  return (
    <section aria-labelledby="state">
      <h2 id="state">
        {t.state} <State {...(isCommunity ? { status: entry.status } : { retiredOn: entry.retiredOn })} />
      </h2>
      {done > 0 && <Done key={done}>{t.stateChanged}</Done>}
      <Refused {...state} />
      <Button kind={inUse ? "danger" : "plain"} busy={state.busy} onClick={() => void change()}>
        {isCommunity ? (inUse ? t.close : t.open) : inUse ? t.retire : t.reinstate}
      </Button>
      {merge && (
        <details className="case after-form">
          <summary>{t.merge}</summary>
          <Merge kind={kind} merge={merge} entry={entry} onDone={onDone} />
        </details>
      )}
    </section>
  );
}

function Merge({ kind, merge, entry, onDone }: Props & { merge: AnyChange }) {
  const t = useWords(texts);
  const { run, ...state } = useAction(merge);
  async function go(into: string): Promise<void> {
    if (await run({ input: { [CATALOGUE[kind].entry]: entry.id, into } })) onDone();
  }
  return (
    <>
      <p>{t.mergeLead}</p>
      <Form submit={t.mergeNow} {...state} onSubmit={(values) => void go(values["into"] ?? "")}>
        <EntryPicker kind={kind} name="into" without={entry.id} />
      </Form>
    </>
  );
}
