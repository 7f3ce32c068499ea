// Starts a treatment: finds it in the catalogue, then its first day and its dose.

import { useState } from "react";
import { useLocation } from "wouter";
import { Button, Form, optionsOf, PageTitle, Picker, Section, SelectField, TextField, type Values } from "../../base";
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
  const { run, ...state } = useAction(OwnTreatmentCreate);

  async function make({ name = "", kind }: Values): Promise<void> {
    const done = await run({ input: { name, kind: kind as Kind } });
    if (done?.ownTreatment) onMade({ ...done.ownTreatment, own: true });
  }

  return (
    <Section className="panel" id="make" title={t.make} lead={t.ownHint}>
      <Form submit={t.add} {...state} onSubmit={(values) => void make(values)}>
        <TextField name="name" label={t.name} initial={initial} />
        <SelectField name="kind" label={t.kind} options={optionsOf(t.kinds)} />
      </Form>
    </Section>
  );
}

function Start({ treatment, onChange }: { treatment: Treatment; onChange: () => void }) {
  const t = useWords(texts);
  const [, navigate] = useLocation();
  const { data } = useRead(TreatedConditions, {});
  const catalogue = useAction(CourseStart);
  const own = useAction(OwnCourseStart);
  const { run: _, ...state } = treatment.own ? own : catalogue;
  const communities = data?.me.memberships.map(({ community: { id, name } }) => ({ value: id, label: name })) ?? [];

  async function start({ startedOn = "", dose, community }: Values): Promise<void> {
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
