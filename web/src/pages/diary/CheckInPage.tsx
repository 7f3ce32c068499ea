// The check-in: the values of one day on one screen. What is left out stays as it is.

import "./diary.css";

import { useState } from "react";
import { useClient } from "urql";
import { Form } from "../../base/Form";
import { Notice } from "../../base/Notice";
import { PageTitle } from "../../base/PageTitle";
import { Shown } from "../../base/Shown";
import type { CheckInDayQuery } from "../../../generated/patient";
import { carryOut, useRead, type Failure, type Refusal } from "../../graph/hooks";
import { useWords } from "../../text/words";
import { changed, record } from "./changes";
import { daysBefore, today } from "./days";
import { More } from "./More";
import { CheckInDay, ObservationRemove, OwnObservationRemove } from "./patient/diary";
import { Recorded, type Entry, type Tracked } from "./Recorded";
import { texts } from "./texts";

const FOLLOWED = 180; // days: what was recorded within them is asked for again

export function Page() {
  const t = useWords(texts);
  const [day, setDay] = useState(today);
  const [added, setAdded] = useState<readonly Tracked[]>([]);
  const read = useRead(CheckInDay, { day, since: daysBefore(day, FOLLOWED) });
  return (
    <>
      <PageTitle>{t.checkInTitle}</PageTitle>
      <div className="field search">
        <label htmlFor="day">{t.day}</label>
        <input id="day" type="date" value={day} max={daysBefore(today(), -1)} required onChange={(event) => event.target.value && setDay(event.target.value)} />
      </div>
      <Shown read={read}>
        {({ me }) => {
          const entries = entriesOf(me, added);
          return (
            <>
              <p className="quiet">{t.best}</p>
              {entries.length > 0 && <Day key={day} day={day} entries={entries} />}
              <More
                known={new Set(entries.map((each) => each.indicator.id))}
                offered={me.memberships.flatMap((each) => each.community.indicators)}
                onAdd={(indicator) => setAdded([...added, indicator])}
                onCreated={read.again}
              />
            </>
          );
        }}
      </Shown>
    </>
  );
}

/** What was recorded lately, what the viewer made and what they added; without any, what is typical of their communities. */
function entriesOf(me: CheckInDayQuery["me"], added: readonly Tracked[]): Entry[] {
  const recorded = new Map([...me.day.series, ...me.day.ownSeries].map((each) => [each.indicator.id, each.latest] as const));
  const followed: readonly Tracked[] = [...me.followed.series, ...me.day.series].map((each) => each.indicator);
  const typical = me.memberships.flatMap((each) => each.community.indicators);
  const catalogue = [...(followed.length ? followed : typical), ...added];
  const unique = new Map(catalogue.map((each) => [each.id, each]));
  return [
    ...[...unique.values()].map((indicator) => ({ indicator, own: false, latest: recorded.get(indicator.id) ?? null })),
    ...me.ownIndicators.map((indicator) => ({ indicator, own: true, latest: recorded.get(indicator.id) ?? null })),
  ];
}

function Day({ day, entries }: { day: string; entries: readonly Entry[] }) {
  const t = useWords(texts);
  const client = useClient();
  const [state, setState] = useState<State>(IDLE);
  const [forgotten, setForgotten] = useState<ReadonlyMap<string, number>>(new Map());

  async function save(values: Record<string, string>): Promise<void> {
    const { changes, faults } = changed(entries, values);
    if (faults.length || changes.length === 0) {
      const refusals = faults.map(({ path, fault }) => ({ path: ["input", ...path.split(".")], message: t[fault] }));
      setState({ ...IDLE, refusals, outcome: faults.length ? null : "unchanged" });
      return;
    }
    setState({ ...IDLE, busy: true });
    const { refusals, failure } = await record(client, day, changes);
    setState({ busy: false, refusals, failure, outcome: refusals.length || failure ? null : "saved" });
  }

  async function forget({ indicator: { id }, own, latest }: Entry): Promise<void> {
    if (!latest) return;
    const { refusals, failure } = own
      ? await carryOut(client, OwnObservationRemove, { input: { ownObservation: latest.id } }, (data) => data.ownObservationRemove)
      : await carryOut(client, ObservationRemove, { input: { observation: latest.id } }, (data) => data.observationRemove);
    setState({ ...IDLE, refusals, failure });
    // Its fields are made again, and are empty.
    if (!refusals.length && !failure) setForgotten(new Map(forgotten).set(id, (forgotten.get(id) ?? 0) + 1));
  }

  const { outcome, ...form } = state;
  return (
    <div className="check-in">
      <Form submit={t.save} {...form} onSubmit={(values) => void save(values)}>
        {entries.map((entry) => (
          <Recorded key={`${entry.indicator.id} ${forgotten.get(entry.indicator.id) ?? 0}`} entry={entry} onForget={() => void forget(entry)} />
        ))}
        {outcome && <Notice kind={outcome === "saved" ? "good" : "info"}>{t[outcome]}</Notice>}
      </Form>
    </div>
  );
}

interface State {
  busy: boolean;
  refusals: readonly Refusal[];
  failure: Failure | null;
  outcome: "saved" | "unchanged" | null;
}

const IDLE: State = { busy: false, refusals: [], failure: null, outcome: null };
