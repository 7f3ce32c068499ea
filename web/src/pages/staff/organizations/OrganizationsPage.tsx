// The organizations that may request licences, and a new one with an account for its contact.

import { useState } from "react";
import type { OrganizationKind } from "../../../../generated/manager";
import { Done, Form, optionsOf, Pager, Section, SelectField, Shown, Table, TextField, usePages, type Values } from "../../../base";
import { useAction, useRead } from "../../../graph/hooks";
import { LOCALES, useFormats, useWords } from "../../../text/words";
import { StaffPage } from "../StaffPage";
import { OrganizationOpen, Organizations } from "./manager/organizations";
import { texts } from "./texts";

const KINDS = ["LABORATORY", "HOSPITAL", "MUTUAL", "INSURER"] as const satisfies readonly OrganizationKind[];

export function Page() {
  const t = useWords(texts);
  return <StaffPage title={t.organizations} section="organizations"><All /></StaffPage>;
}

function All() {
  const t = useWords(texts);
  const { number } = useFormats();
  const [created, setCreated] = useState<string | null>(null);
  const pages = usePages();
  const read = useRead(Organizations, { after: pages.after });
  return (
    <>
      {created !== null && <Done key={created}>{t.created(created)}</Done>}
      <Shown read={read}>
        {({ organizations: { nodes, pageInfo } }) => (
          <>
            {nodes.length === 0 ? (
              <p className="quiet">{t.none}</p>
            ) : (
              <Table
                caption={t.organizations}
                rows={nodes}
                keyOf={(each) => each.id}
                columns={[
                  { title: t.name, cell: (each) => each.name },
                  { title: t.kind, cell: (each) => t.kinds[each.kind] },
                  { title: t.licences, cell: ({ licences }) => number(licences.filter((each) => each.status === "GRANTED").length), numeric: true },
                  { title: t.requested, cell: ({ licences }) => number(licences.filter((each) => each.status === "REQUESTED").length), numeric: true },
                ]}
              />
            )}
            <Pager pages={pages} pageInfo={pageInfo} />
          </>
        )}
      </Shown>
      <Create key={created} onDone={(name) => (setCreated(name), read.again())} />
    </>
  );
}

function Create({ onDone }: { onDone: (name: string) => void }) {
  const t = useWords(texts);
  const { run, ...state } = useAction(OrganizationOpen);
  async function create({ name = "", kind, contactEmail = "", locale }: Values): Promise<void> {
    const made = await run({ input: { name, kind: kind as OrganizationKind, contactEmail, locale: locale ?? null } });
    if (made) onDone(made.organization?.name ?? name);
  }
  return (
    <Section id="create" title={t.create} lead={t.lead}>
      <Form submit={t.createNow} {...state} onSubmit={(values) => void create(values)}>
        <TextField name="name" label={t.name} hint={t.nameHint} required autoComplete="off" />
        <SelectField name="kind" label={t.kind} options={optionsOf(t.kinds, KINDS)} />
        <TextField name="contactEmail" label={t.email} hint={t.emailHint} type="email" required autoComplete="off" />
        <SelectField name="locale" label={t.locale} options={optionsOf(t.locales, [LOCALES.fr, LOCALES.en])} />
      </Form>
    </Section>
  );
}
