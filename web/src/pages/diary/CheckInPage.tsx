// The check-in: the values of one day on one screen. What is left out stays as it is.

import "./diary.css";

import { useRef, useState, type RefObject } from "react";
import { useClient } from "urql";
import type { CheckInDayQuery } from "../../../generated/patient";
import {
  Button, carryOut, Dialog, Form, Notice, PageTitle, Shown, useFormats, useLanguage, useRead, useWords, valuesOf,
  type Failure, type Refusal, type Values,
} from "../../base";
import { More } from "./More";
import { Recorded, type Entry, type Tracked } from "./Recorded";
import { changed, record } from "./changes";
import { daysBefore, today } from "./days";
import { CheckInDay, ObservationRemove, OwnObservationRemove } from "./patient/diary";
import { texts } from "./texts";

const FOLLOWED = 180; // days: what was recorded within them is asked for again

export function Page() {
  const t = useWords(texts);
  const { date } = useFormats();
  const [day, setDay] = useState(today);
  const [asked, setAsked] = useState<string | null>(null); // the day to go to, once what is not saved may be lost
  const unsaved = useRef(() => false);

  function go(chosen: string): void {
    if (!chosen || chosen === day) return;
    if (unsaved.current()) setAsked(chosen);
    else setDay(chosen);
  }

  return (
    <>
      <PageTitle>{t.checkInTitle}</PageTitle>
      <div className="field search">
        <label htmlFor="day">{t.day}</label>
        <input id="day" type="date" value={day} max={daysBefore(today(), -1)} required onChange={(event) => go(event.target.value)} />
      </div>
      <Day key={day} day={day} unsaved={unsaved} />
      {asked && (
        <Dialog
          title={t.leaveDay}
          onClose={() => setAsked(null)}
          action={<Button kind="danger" onClick={() => (setAsked(null), setDay(asked))}>{t.leaveDayNow}</Button>}
        >
          <p>{t.leaveDayText(date(day))}</p>
        </Dialog>
      )}
    </>
  );
}

/** Whether something was filled in and is not saved. */
type Unsaved = RefObject<() => boolean>;

function Day({ day, unsaved }: { day: string; unsaved: Unsaved }) {
  const read = useRead(CheckInDay, { day, since: daysBefore(day, FOLLOWED) });
  return <Shown read={read}>{({ me }) => <Filled day={day} me={me} unsaved={unsaved} onChanged={read.again} />}</Shown>;
}

/** What was recorded lately, or else what is typical of the viewer's communities. */
function followedBy(me: CheckInDayQuery["me"]): readonly Tracked[] {
  const followed = [...me.followed.series, ...me.day.series].map((each) => each.indicator);
  const typical = me.memberships.flatMap((each) => each.community.indicators);
  return unique(followed.length ? followed : typical);
}

function unique(indicators: readonly Tracked[]): readonly Tracked[] {
  return [...new Map(indicators.map((each) => [each.id, each])).values()];
}

interface FilledProps {
  day: string;
  me: CheckInDayQuery["me"];
  unsaved: Unsaved;
  onChanged: () => void;
}

function Filled({ day, me, unsaved, onChanged }: FilledProps) {
  const t = useWords(texts);
  const language = useLanguage();
  const box = useRef<HTMLDivElement>(null);
  const saved = useRef(""); // the values of the form, while they are read again
  const client = useClient();
  const [catalogue, setCatalogue] = useState(() => followedBy(me)); // nothing goes away while it is filled in
  const [state, setState] = useState<State>(IDLE);
  const [forgotten, setForgotten] = useState<ReadonlyMap<string, string>>(new Map()); // by indicator, what was deleted last
  const recorded = new Map(
    [...me.day.series, ...me.day.ownSeries]
      .filter(({ indicator, latest }) => latest && latest.id !== forgotten.get(indicator.id))
      .map((each) => [each.indicator.id, each.latest] as const),
  );
  const entries: readonly Entry[] = [
    ...catalogue.map((indicator) => ({ indicator, own: false, latest: recorded.get(indicator.id) ?? null })),
    ...me.ownIndicators.map((indicator) => ({ indicator, own: true, latest: recorded.get(indicator.id) ?? null })),
  ];

  unsaved.current = () => {
    const form = box.current?.querySelector("form");
    const values = form ? valuesOf(form) : {};
    if (JSON.stringify(values) === saved.current) return false;
    const { changes, faults } = changed(entries, values, language);
    return changes.length + faults.length > 0;
  };

  async function save(values: Values): Promise<void> {
    const { changes, faults } = changed(entries, values, language);
    if (faults.length || changes.length === 0) {
      const refusals = faults.map(({ path, fault }) => ({ path: ["input", ...path.split(".")], message: t[fault] }));
      setState({ ...IDLE, refusals, outcome: faults.length ? null : "unchanged" });
      return;
    }
    setState({ ...IDLE, busy: true });
    const { refusals, failure } = await record(client, day, changes);
    if (!refusals.length && !failure) saved.current = JSON.stringify(values);
    if (failure !== "away") onChanged(); // some may be recorded where others were refused
    setState({ busy: false, refusals, failure, outcome: refusals.length || failure ? null : "saved" });
  }

  async function forget({ indicator: { id }, own, latest }: Entry): Promise<void> {
    if (!latest) return;
    const { refusals, failure } = own
      ? await carryOut(client, OwnObservationRemove, { ownObservation: latest.id })
      : await carryOut(client, ObservationRemove, { observation: latest.id });
    setState({ ...IDLE, refusals, failure });
    if (refusals.length || failure) return;
    onChanged();
    setForgotten(new Map(forgotten).set(id, latest.id)); // its fields are made again, and are empty
  }

  const { outcome, ...form } = state;
  return (
    <>
      {entries.length > 0 && (
        <div className="check-in" ref={box}>
          <p className="quiet">{t.best}</p>
          <Form submit={t.save} {...form} onSubmit={(values) => void save(values)}>
            {entries.map((entry) => (
              <Recorded key={`${entry.indicator.id} ${forgotten.get(entry.indicator.id) ?? ""}`} entry={entry} onForget={() => void forget(entry)} />
            ))}
            {outcome && <Notice kind={outcome === "saved" ? "good" : "info"}>{t[outcome]}</Notice>}
          </Form>
        </div>
      )}
      <More
        known={new Set(catalogue.map((each) => each.id))}
        offered={unique(me.memberships.flatMap((each) => each.community.indicators))}
        onAdd={(indicator) => setCatalogue(unique([...catalogue, indicator]))}
        onCreated={onChanged}
      />
    </>
  );
}

interface State {
  busy: boolean;
  refusals: readonly Refusal[];
  failure: Failure | null;
  outcome: "saved" | "unchanged" | null;
}

const IDLE: State = { busy: false, refusals: [], failure: null, outcome: null };
