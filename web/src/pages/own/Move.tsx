// Moves an indicator or a treatment of the viewer's own to one of the catalogue, once they have confirmed it.

import { useState } from "react";
import { MutationConfirm, Picker } from "../../base";
import { useRead } from "../../graph/hooks";
import { useWords } from "../../text/words";
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

interface Found {
  id: string;
  name: string;
  also?: string | null | undefined;
}

export function Move({ kind, entry, onDone }: Props) {
  const t = useWords(texts);
  const [search, setSearch] = useState("");
  const [into, setInto] = useState<Found | null>(null);
  const found = useFound(kind, entry, search);
  const dialog = into && {
    title: t.moveTitle(entry.name, into.name),
    action: t.move,
    children: t.moveText[kind](into.name),
    onDone: ({ left }: { left: unknown }) => onDone(left ? t.movedInPart(into.name) : t.moved(into.name)),
    onClose: () => setInto(null),
  };
  return (
    <>
      <p>{t.moveHint[kind]}</p>
      <Picker label={t.search[kind]} none={t.noneToMove} search={search} onSearch={setSearch} found={found} onPick={setInto} />
      {dialog && kind === "indicator" && (
        <MutationConfirm mutation={OwnIndicatorMerge} input={{ ownIndicator: entry.id, into: into.id }} {...dialog} />
      )}
      {dialog && kind === "treatment" && (
        <MutationConfirm mutation={OwnTreatmentMerge} input={{ ownTreatment: entry.id, into: into.id }} {...dialog} />
      )}
    </>
  );
}

/** What the catalogue has for a search, of the same scale and unit; undefined while it is read. */
function useFound(kind: OwnKind, { scale, unit }: OwnEntry, search: string): readonly Found[] | undefined {
  const indicators = useRead(FoundIndicators, { search }, { pause: !search || kind !== "indicator" });
  const treatments = useRead(FoundTreatments, { search }, { pause: !search || kind !== "treatment" });
  if (kind === "treatment") return treatments.data?.treatments.nodes.map(({ id, name, inn, matched }) => ({ id, name, also: matched?.name ?? inn }));
  return indicators.data?.indicators
    .filter((each) => each.scale === scale && (each.scale !== "QUANTITY" || each.unit === unit))
    .map(({ id, name, matched }) => ({ id, name, also: matched?.name }));
}
