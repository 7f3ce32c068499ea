// Invites a colleague to the organization by mail.

import type { UserRole } from "../../../../generated/buyer";
import { LOCALES, MutationForm, Section, SelectField, TextField, useLanguage, useWords } from "../../../base";
import { LabUserInvite } from "../buyer/users";
import { RoleField } from "./RoleField";
import { texts } from "./texts";

export function Invite({ onSent }: { onSent: (email: string) => void }) {
  const t = useWords(texts);
  const language = useLanguage();
  return (
    <Section id="invite" title={t.invite} lead={t.inviteLead}>
      <MutationForm
        resets
        submit={t.inviteIt}
        mutation={LabUserInvite}
        input={({ email = "", role, locale = "" }) => ({ email, role: role as UserRole, locale })}
        onDone={(_, { email = "" }) => onSent(email)}
      >
        <TextField name="email" label={t.address} type="email" autoComplete="off" required />
        <RoleField initial="READER" />
        <SelectField
          name="locale"
          label={t.language}
          options={(["en", "fr"] as const).map((each) => ({ value: LOCALES[each], label: t.languages[each] }))}
          initial={LOCALES[language]}
        />
      </MutationForm>
    </Section>
  );
}
