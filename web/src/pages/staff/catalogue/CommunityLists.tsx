// Which indicators and treatments belong to a community, and in what order members are offered them.

import { useState, type ReactNode } from "react";
import { Button, MutationButton, Notice, Picker, Shown, useRead, useWords } from "../../../base";
import { CATALOGUE, nodesOf, type Listed } from "./kinds";
import { CommunityIndicatorsSet, CommunityLists as Lists, CommunityTreatmentsSet } from "./manager/catalogue";
import { texts } from "./texts";

interface Props {
  community: string;
  /** That a change is made to. */
  version: number;
  onDone: () => void;
}

export function CommunityLists({ community, version, onDone }: Props) {
  const t = useWords(texts);
  const read = useRead(Lists, { id: community });
  const save = { kind: "primary" as const, children: t.saveList, onDone: () => (read.again(), onDone()) };
  return (
    <Shown read={read}>{({ node }) => node?.__typename === "Community" && (
      <>
        <Sequence kind="indicators" title={t.itsIndicators} entries={node.indicators}>{(indicators, disabled) => (
          <MutationButton {...save} mutation={CommunityIndicatorsSet} disabled={disabled} input={{ community, version, indicators }} />
        )}</Sequence>
        {node.treatments.pageInfo.hasNextPage ? (
          <Notice>{t.tooMany}</Notice>
        ) : (
          <Sequence kind="treatments" title={t.itsTreatments} entries={node.treatments.nodes}>
            {(treatments, disabled) => (
              <MutationButton
                {...save}
                mutation={CommunityTreatmentsSet}
                disabled={disabled}
                input={{ community, version, treatments }}
              />
            )}
          </Sequence>
        )}
      </>
    )}</Shown>
  );
}

interface SequenceProps {
  kind: "indicators" | "treatments";
  title: string;
  entries: readonly Listed[];
  /** What saves these ids; `isSame` if nothing has changed. */
  children: (ids: string[], isSame: boolean) => ReactNode;
}

function Sequence({ kind, title, entries, children }: SequenceProps) {
  const t = useWords(texts);
  const [changed, setChanged] = useState<readonly Listed[] | null>(null);
  const shown = changed ?? entries;
  const isSame = shown.length === entries.length && shown.every((each, place) => each.id === entries[place]?.id);
  const isNew = (each: Listed): boolean => !each.retiredOn && !shown.some(({ id }) => id === each.id);

  function swap(place: number): void {
    const next = [...shown];
    [next[place - 1], next[place]] = [next[place]!, next[place - 1]!];
    setChanged(next);
  }

  return (
    <details className="case sequence">
      <summary>{title}</summary>
      <ol>{shown.map((each, place) => (
        <li key={each.id}>
          <span>{each.name}</span>
          <span className="actions">
            {place > 0 && (
              <Button kind="link" label={t.earlierOf(each.name)} onClick={() => swap(place)}>{t.earlier}</Button>
            )}
            <Button kind="link" label={t.removeOf(each.name)} onClick={() => setChanged(shown.filter((one) => one !== each))}>{t.remove}</Button>
          </span>
        </li>
      ))}</ol>
      <Picker
        label={t.addTo}
        none={t.noneToAdd}
        operation={CATALOGUE[kind].list}
        of={({ list }) => nodesOf(list).filter(isNew).slice(0, 8)}
        onPick={(each) => setChanged([...shown, each])}
      />
      {children(shown.map(({ id }) => id), isSame)}
    </details>
  );
}
