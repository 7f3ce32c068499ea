// Starts a treatment: finds it in the catalogue, then its first day and its dose.

import { useState } from "react";
import { useLocation } from "wouter";
import { Button } from "../../base/Button";
import { SelectField, TextField } from "../../base/Field";
import { Form } from "../../base/Form";
import { PageTitle } from "../../base/PageTitle";
import { Picker } from "../../base/Picker";
import { useAction, useRead } from "../../graph/hooks";
import { useWords } from "../../text/words";
import { today } from "../diary/days";
import { Propose } from "../own/Propose";
import { CourseStart, FoundTreatments, OwnCourseStart, OwnTreatmentCreate, TreatedConditions } from "./patient/treatments";
import { texts } from "./texts";

interface Treatment {
  readonly id: string;
  readonly name: string;
  readonly own?: boolean;
}

export function Page() {
  const t = useWords(texts);
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<Treatment | null>(null);
  const [isMaking, setMaking] = useState(false);
  const { data } = useRead(FoundTreatments, { search }, { pause: !search });
  const found = data?.treatments.nodes.map((each) => ({ ...each, also: each.matched?.name ?? each.inn }));
  return (
    <>
      <PageTitle>{t.start}</PageTitle>
      <p>{t.doctor}</p>
      {chosen ? (
        <Start treatment={chosen} onChange={() => setChosen(null)} />
      ) : (
        <>
          <Picker label={t.search} none={t.notFound} search={search} onSearch={setSearch} found={found} onPick={setChosen} />
          {isMaking ? <Make initial={search} onMade={setChosen} /> : <Button onClick={() => setMaking(true)}>{t.make}</Button>}
          {search && found?.length === 0 && <Propose key={search} kind="TREATMENT" name={search} />}
        </>
      )}
    </>
  );
}

type Kind = keyof typeof texts.en.kinds;

/** Makes a treatment of the viewer's own, which the catalogue lacks. */
function Make({ initial, onMade }: { initial: string; onMade: (treatment: Treatment) => void }) {
  const t = useWords(texts);
  const { run, ...state } = useAction(OwnTreatmentCreate, (data) => data.ownTreatmentCreate);

  async function make({ name = "", kind }: Record<string, string>): Promise<void> {
    const done = await run({ input: { name, kind: kind as Kind } });
    if (done?.ownTreatment) onMade({ ...done.ownTreatment, own: true });
  }

  return (
    <section className="panel" aria-labelledby="make">
      <h2 id="make">{t.make}</h2>
      <p>{t.ownHint}</p>
      <Form submit={t.add} {...state} onSubmit={(values) => void make(values)}>
        <TextField name="name" label={t.name} initial={initial} />
        <SelectField name="kind" label={t.kind} options={Object.entries(t.kinds).map(([value, label]) => ({ value, label }))} />
      </Form>
    </section>
  );
}

function Start({ treatment, onChange }: { treatment: Treatment; onChange: () => void }) {
  const t = useWords(texts);
  const [, navigate] = useLocation();
  const { data } = useRead(TreatedConditions, {});
  const catalogue = useAction(CourseStart, (found) => found.courseStart);
  const own = useAction(OwnCourseStart, (found) => found.ownCourseStart);
  const { run: _, ...state } = treatment.own ? own : catalogue;
  const communities = data?.me.memberships.map(({ community: { id, name } }) => ({ value: id, label: name })) ?? [];

  async function start({ startedOn = "", dose, community }: Record<string, string>): Promise<void> {
    const given = { startedOn, dose: dose || null };
    const done = treatment.own
      ? await own.run({ input: { ownTreatment: treatment.id, ...given } })
      : await catalogue.run({ input: { treatment: treatment.id, community: community || null, ...given } });
    if (done) navigate("/me/treatments");
  }

  return (
    <>
      <p className="form-end"><strong>{treatment.name}</strong><Button onClick={onChange}>{t.change}</Button></p>
      <Form submit={t.save} {...state} onSubmit={(values) => void start(values)}>
        {!treatment.own && communities.length > 0 && (
          <SelectField name="community" label={t.community} options={[{ value: "", label: t.unset }, ...communities]} />
        )}
        <TextField name="startedOn" type="date" label={t.startedOn} initial={today()} required />
        <TextField name="dose" label={t.dose} hint={t.doseHint} maxLength={200} />
      </Form>
    </>
  );
}
