// Invites a colleague to the organization by mail.

import { useState } from "react";
import type { UserRole } from "../../../../generated/buyer";
import { Form, Section, SelectField, TextField, type Values } from "../../../base";
import { useAction } from "../../../graph/hooks";
import { useLanguage, useWords } from "../../../text/words";
import { LabUserInvite } from "../buyer/users";
import { RoleField } from "./RoleField";
import { texts } from "./texts";

const LOCALES = { en: "en-GB", fr: "fr-FR" };

export function Invite({ onSent }: { onSent: (email: string) => void }) {
  const t = useWords(texts);
  const language = useLanguage();
  const [sent, setSent] = useState(0); // the form is empty again after each
  const { run, ...state } = useAction(LabUserInvite);

  async function invite({ email = "", role, locale = "" }: Values): Promise<void> {
    if (!(await run({ input: { email, role: role as UserRole, locale } }))) return;
    setSent(sent + 1);
    onSent(email);
  }

  return (
    <Section id="invite" title={t.invite} lead={t.inviteLead}>
      <Form key={sent} submit={t.inviteIt} {...state} onSubmit={(values) => void invite(values)}>
        <TextField name="email" label={t.address} type="email" autoComplete="off" required />
        <RoleField initial="READER" />
        <SelectField
          name="locale"
          label={t.language}
          options={(["en", "fr"] as const).map((each) => ({ value: LOCALES[each], label: t.languages[each] }))}
          initial={LOCALES[language]}
        />
      </Form>
    </Section>
  );
}
