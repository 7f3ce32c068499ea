// Which indicators and treatments belong to a community, and in what order members are offered them.

import { useState, type ReactNode } from "react";
import { MutationButton, Notice, Picker, Shown } from "../../../base";
import { useRead } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
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
  const [search, setSearch] = useState("");
  const found = useRead(CATALOGUE[kind].list, { search }, { pause: search === "" }).data;
  const shown = changed ?? entries;
  const isSame = shown.length === entries.length && shown.every((each, place) => each.id === entries[place]?.id);
  const others = found && nodesOf(found.list).filter((each) => !each.retiredOn && !shown.some(({ id }) => id === each.id));

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
              <button type="button" className="link" aria-label={t.earlierOf(each.name)} onClick={() => swap(place)}>
                {t.earlier}
              </button>
            )}
            <button type="button" className="link" aria-label={t.removeOf(each.name)} onClick={() => setChanged(shown.filter((one) => one !== each))}>
              {t.remove}
            </button>
          </span>
        </li>
      ))}</ol>
      <Picker label={t.addTo} none={t.noneToAdd} search={search} onSearch={setSearch} found={others?.slice(0, 8)} onPick={(each) => setChanged([...shown, each])} />
      {children(shown.map(({ id }) => id), isSame)}
    </details>
  );
}
