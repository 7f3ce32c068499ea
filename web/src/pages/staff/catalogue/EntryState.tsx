// Whether an entry of the catalogue is in use: retires it, brings it back, or merges it into another one.

import { MutationButton, MutationForm, Section, useDone, useWords } from "../../../base";
import { State } from "./CataloguePage";
import { EntryPicker } from "./EntryPicker";
import { CATALOGUE, type Kind } from "./kinds";
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
  const [done, finish] = useDone(onDone);
  const isCommunity = "status" in entry;
  const inUse = isCommunity ? entry.status === "OPEN" : !entry.retiredOn;
  if ("mergedInto" in entry && entry.mergedInto) return <p className="notice">{t.merged(entry.mergedInto.name)}</p>;
  return (
    <Section id="state" title={<>{t.state} <State {...(isCommunity ? { status: entry.status } : { retiredOn: entry.retiredOn })} /></>}>
      {done}
      <MutationButton
        kind={inUse ? "danger" : "plain"}
        mutation={inUse ? retire.retire : retire.reinstate}
        input={{ [argument]: entry.id, ...(!isCommunity && { retired: inUse }) }}
        onDone={() => finish(t.stateChanged)}
      >
        {isCommunity ? (inUse ? t.close : t.open) : inUse ? t.retire : t.reinstate}
      </MutationButton>
      {merge && (
        <details className="case after-form">
          <summary>{t.merge}</summary>
          <p>{t.mergeLead}</p>
          <MutationForm submit={t.mergeNow} mutation={merge} input={({ into }) => ({ [argument]: entry.id, into })} onDone={onDone}>
            <EntryPicker kind={kind} name="into" without={entry.id} />
          </MutationForm>
        </details>
      )}
    </Section>
  );
}

