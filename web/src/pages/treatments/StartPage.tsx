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
import { CourseStart, FoundTreatments, TreatedConditions } from "./patient/treatments";
import { texts } from "./texts";

interface Treatment {
  id: string;
  name: string;
}

export function Page() {
  const t = useWords(texts);
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<Treatment | null>(null);
  const { data } = useRead(FoundTreatments, { search }, { pause: !search });
  const found = data?.treatments.nodes.map((each) => ({ ...each, also: each.matched?.name ?? each.inn }));
  return (
    <>
      <PageTitle>{t.start}</PageTitle>
      <p>{t.doctor}</p>
      {chosen ? (
        <Start treatment={chosen} onChange={() => setChosen(null)} />
      ) : (
        <Picker label={t.search} none={t.notFound} search={search} onSearch={setSearch} found={found} onPick={setChosen} />
      )}
    </>
  );
}

function Start({ treatment, onChange }: { treatment: Treatment; onChange: () => void }) {
  const t = useWords(texts);
  const [, navigate] = useLocation();
  const { data } = useRead(TreatedConditions, {});
  const { run, ...state } = useAction(CourseStart, (found) => found.courseStart);
  const communities = data?.me.memberships.map(({ community: { id, name } }) => ({ value: id, label: name })) ?? [];

  async function start({ startedOn = "", dose, community }: Record<string, string>): Promise<void> {
    const input = { treatment: treatment.id, startedOn, dose: dose || null, community: community || null };
    if (await run({ input })) navigate("/me/treatments");
  }

  return (
    <>
      <p className="form-end">
        <strong>{treatment.name}</strong>
        <Button onClick={onChange}>{t.change}</Button>
      </p>
      <Form submit={t.save} {...state} onSubmit={(values) => void start(values)}>
        {communities.length > 0 && (
          <SelectField name="community" label={t.community} options={[{ value: "", label: t.unset }, ...communities]} />
        )}
        <TextField name="startedOn" type="date" label={t.startedOn} initial={today()} required />
        <TextField name="dose" label={t.dose} hint={t.doseHint} maxLength={200} />
      </Form>
    </>
  );
}
