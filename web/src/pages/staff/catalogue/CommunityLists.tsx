// Which indicators and treatments belong to a community, and in what order members are offered them.

import { useState } from "react";
import { Button, Notice, Picker, Refused, Shown } from "../../../base";
import { useAction, useRead } from "../../../graph/hooks";
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
  const indicators = useAction(CommunityIndicatorsSet);
  const treatments = useAction(CommunityTreatmentsSet);

  async function save(done: Promise<unknown>): Promise<void> {
    if (!(await done)) return;
    read.again();
    onDone();
  }

  return (
    <Shown read={read}>
      {({ node }) =>
        node?.__typename !== "Community" ? null : (
          <>
            <Sequence
              kind="indicators"
              title={t.itsIndicators}
              entries={node.indicators}
              state={indicators}
              onSave={(ids) => void save(indicators.run({ input: { community, version, indicators: ids } }))}
            />
            {node.treatments.pageInfo.hasNextPage ? (
              <Notice>{t.tooMany}</Notice>
            ) : (
              <Sequence
                kind="treatments"
                title={t.itsTreatments}
                entries={node.treatments.nodes}
                state={treatments}
                onSave={(ids) => void save(treatments.run({ input: { community, version, treatments: ids } }))}
              />
            )}
          </>
        )
      }
    </Shown>
  );
}

interface SequenceProps {
  kind: "indicators" | "treatments";
  title: string;
  entries: readonly Listed[];
  state: Pick<ReturnType<typeof useAction>, "busy" | "refusals" | "failure">;
  onSave: (ids: string[]) => void;
}

function Sequence({ kind, title, entries, state: { busy, ...outcome }, onSave }: SequenceProps) {
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
      <ol>
        {shown.map((each, place) => (
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
        ))}
      </ol>
      <Picker label={t.addTo} none={t.noneToAdd} search={search} onSearch={setSearch} found={others?.slice(0, 8)} onPick={(each) => setChanged([...shown, each])} />
      <Refused {...outcome} />
      <Button kind="primary" busy={busy} disabled={isSame} onClick={() => onSave(shown.map(({ id }) => id))}>
        {t.saveList}
      </Button>
    </details>
  );
}
