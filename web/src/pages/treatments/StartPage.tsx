// Starts a treatment: finds it in the catalogue, then its first day and its dose.

import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import {
  Button, MutationForm, optionsOf, PageTitle, Picker, Section, SelectField, TextField, useRead, useWords,
} from "../../base";
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
  return (
    <>
      <PageTitle lead={t.doctor}>{t.start}</PageTitle>
      {chosen ? (
        <Start treatment={chosen} onChange={() => setChosen(null)} />
      ) : (
        <>
          <Picker
            label={t.search}
            none={t.notFound}
            operation={FoundTreatments}
            of={(data) => data.treatments.nodes}
            onPick={setChosen}
            onSearch={setSearch}
            missing={() => <Propose key={search} kind="TREATMENT" name={search} />}
          />
          {isMaking ? <Make initial={search} onMade={setChosen} /> : <Button onClick={() => setMaking(true)}>{t.make}</Button>}
        </>
      )}
    </>
  );
}

type Kind = keyof typeof texts.en.kinds;

/** Makes a treatment of the viewer's own, which the catalogue lacks. */
function Make({ initial, onMade }: { initial: string; onMade: (treatment: Treatment) => void }) {
  const t = useWords(texts);
  return (
    <Section className="panel" id="make" title={t.make} lead={t.ownHint}>
      <MutationForm
        submit={t.add}
        mutation={OwnTreatmentCreate}
        input={({ name = "", kind }) => ({ name, kind: kind as Kind })}
        onDone={({ ownTreatment }) => ownTreatment && onMade({ ...ownTreatment, own: true })}
      >
        <TextField name="name" label={t.name} initial={initial} />
        <SelectField name="kind" label={t.kind} options={optionsOf(t.kinds)} />
      </MutationForm>
    </Section>
  );
}

function Start({ treatment, onChange }: { treatment: Treatment; onChange: () => void }) {
  const t = useWords(texts);
  const [, navigate] = useLocation();
  const name = useRef<HTMLParagraphElement>(null);
  useEffect(() => name.current?.focus(), []); // the button that was pressed is gone
  const { data } = useRead(TreatedConditions, {});
  const communities = data?.me.memberships.map(({ community: { id, name } }) => ({ value: id, label: name })) ?? [];
  const form = {
    submit: t.save,
    onDone: () => navigate("/me/treatments"),
    children: (
      <>
        {!treatment.own && communities.length > 0 && (
          <SelectField name="community" label={t.community} options={[{ value: "", label: t.unset }, ...communities]} />
        )}
        <TextField name="startedOn" type="date" label={t.startedOn} initial={today()} required />
        <TextField name="dose" label={t.dose} hint={t.doseHint} maxLength={200} />
      </>
    ),
  };
  return (
    <>
      <p ref={name} tabIndex={-1} className="form-end"><strong dir="auto">{treatment.name}</strong><Button onClick={onChange}>{t.change}</Button></p>
      {treatment.own ? (
        <MutationForm
          mutation={OwnCourseStart}
          input={({ startedOn = "", dose }) => ({ ownTreatment: treatment.id, startedOn, dose: dose || null })}
          {...form}
        />
      ) : (
        <MutationForm
          mutation={CourseStart}
          input={({ startedOn = "", dose, community }) => ({
            treatment: treatment.id,
            community: community || null,
            startedOn,
            dose: dose || null,
          })}
          {...form}
        />
      )}
    </>
  );
}
