// The organizations that may request licences, and a new one with an account for its contact.

import type { OrganizationKind } from "../../../../generated/manager";
import {
  LOCALES, MutationForm, optionsOf, Paged, Section, SelectField, Table, TextField, useDone, useFormats, usePaged,
  useWords,
} from "../../../base";
import { StaffPage } from "../StaffPage";
import { OrganizationOpen, Organizations } from "./manager/organizations";
import { texts } from "./texts";

const KINDS = ["LABORATORY", "HOSPITAL", "MUTUAL", "INSURER"] as const satisfies readonly OrganizationKind[];

export function Page() {
  return <StaffPage title={useWords(texts).organizations} section="organizations"><All /></StaffPage>;
}

function All() {
  const t = useWords(texts);
  const { number } = useFormats();
  const list = usePaged(Organizations, {});
  const [done, finish] = useDone(list.again);
  return (
    <>
      {done}
      <Paged list={list} of={(data) => data.organizations} empty={t.none}>{(organizations) => (
        <Table caption={t.organizations} rows={organizations} columns={[
          { title: t.name, cell: (each) => each.name },
          { title: t.kind, cell: (each) => t.kinds[each.kind] },
          { title: t.licences, cell: ({ licences }) => number(licences.filter((each) => each.status === "GRANTED").length), numeric: true },
          { title: t.requested, cell: ({ licences }) => number(licences.filter((each) => each.status === "REQUESTED").length), numeric: true },
        ]} />
      )}</Paged>
      <Section id="create" title={t.create} lead={t.lead}>
        <MutationForm
          resets
          submit={t.createNow}
          mutation={OrganizationOpen}
          input={({ name = "", kind, contactEmail = "", locale = null }) => ({ name, kind: kind as OrganizationKind, contactEmail, locale })}
          onDone={({ organization }, { name = "" }) => finish(t.created(organization?.name ?? name))}
        >
          <TextField name="name" label={t.name} hint={t.nameHint} required autoComplete="off" />
          <SelectField name="kind" label={t.kind} options={optionsOf(t.kinds, KINDS)} />
          <TextField name="contactEmail" label={t.email} hint={t.emailHint} type="email" required autoComplete="off" />
          <SelectField name="locale" label={t.locale} options={optionsOf(t.locales, [LOCALES.fr, LOCALES.en])} />
        </MutationForm>
      </Section>
    </>
  );
}

