// Moves an indicator or a treatment of the viewer's own to one of the catalogue, once they have confirmed it.

import { useState } from "react";
import { isolated, MutationConfirm, Picker, useWords } from "../../base";
import { FoundIndicators } from "../diary/patient/diary";
import { FoundTreatments } from "../treatments/patient/treatments";
import type { OwnEntry, OwnKind } from "./Entry";
import { OwnIndicatorMerge, OwnTreatmentMerge } from "./patient/own";
import { texts } from "./texts";

interface Props {
  kind: OwnKind;
  entry: OwnEntry;
  onDone: (text: string) => void;
}

export function Move({ kind, entry, onDone }: Props) {
  const t = useWords(texts);
  const [into, setInto] = useState<{ id: string; name: string } | null>(null);
  const picker = { label: t.search[kind], none: t.noneToMove, onPick: setInto };
  const dialog = into && {
    title: t.moveTitle(isolated(entry.name), into.name),
    action: t.move,
    children: t.moveText[kind](into.name),
    onDone: ({ left }: { left: unknown }) => onDone(left ? t.movedInPart(into.name) : t.moved(into.name)),
    onClose: () => setInto(null),
  };
  return (
    <>
      <p>{t.moveHint[kind]}</p>
      {kind === "indicator" ? (
        <Picker {...picker} operation={FoundIndicators} of={({ indicators }) => indicators.filter((each) => isAlike(each, entry))} />
      ) : (
        <Picker {...picker} operation={FoundTreatments} of={({ treatments }) => treatments.nodes} />
      )}
      {dialog && kind === "indicator" && (
        <MutationConfirm mutation={OwnIndicatorMerge} input={{ ownIndicator: entry.id, into: into.id }} {...dialog} />
      )}
      {dialog && kind === "treatment" && (
        <MutationConfirm mutation={OwnTreatmentMerge} input={{ ownTreatment: entry.id, into: into.id }} {...dialog} />
      )}
    </>
  );
}

/** Whether an indicator of the catalogue takes the same values: it has the same scale, and the same unit. */
function isAlike(found: { readonly scale: string; readonly unit: string | null }, { scale, unit }: OwnEntry): boolean {
  return found.scale === scale && (scale !== "QUANTITY" || found.unit === unit);
}
