// A new entry of the catalogue.

import { Link, useLocation } from "wouter";
import { MutationForm, useWords, type PageProps } from "../../../base";
import { StaffPage } from "../StaffPage";
import { EntryFields } from "./EntryFields";
import { EntryPicker } from "./EntryPicker";
import { CATALOGUE, kindOf } from "./kinds";
import { texts } from "./texts";
import { changes } from "./values";

export function Page({ parameters }: PageProps) {
  const t = useWords(texts);
  const [, navigate] = useLocation();
  const kind = kindOf(parameters["kind"]);
  const { create, fields } = CATALOGUE[kind];
  return (
    <StaffPage title={t.create[kind]} section="catalogue">
      <p><Link href={`/staff/catalogue/${kind}`}>{t.back}</Link></p>
      <MutationForm
        key={kind}
        submit={t.createNow}
        mutation={create}
        input={(values) => ({ ...changes(values, {}, fields), ...(kind === "communities" && { condition: values["condition"] ?? "" }) })}
        onDone={({ entry }) => entry && navigate(`/staff/catalogue/${kind}/${encodeURIComponent(entry.id)}`)}
      >
        {kind === "communities" && <EntryPicker kind="conditions" name="condition" label={t.fields.condition} />}
        <EntryFields fields={fields} values={{}} />
      </MutationForm>
    </StaffPage>
  );
}

