// Leaving the organization, with the password.

import { useLocation } from "wouter";
import { CheckField, MutationForm, Section, TextField, useSession, useWords } from "../../../base";
import { LabLeave } from "../buyer/users";
import { texts } from "./texts";

export function Leave() {
  const t = useWords(texts);
  const { refresh } = useSession();
  const [, navigate] = useLocation();

  async function leave(): Promise<void> {
    navigate("/"); // first: nobody is signed in any more, and this page is an organization's
    await refresh();
  }

  return (
    <Section id="leave" title={t.leave} lead={t.leaveLead}>
      <MutationForm
        kind="danger"
        submit={t.leaveIt}
        mutation={LabLeave}
        input={({ password = "" }) => ({ password })}
        onDone={() => void leave()}
      >
        <TextField name="password" label={t.password} type="password" autoComplete="current-password" required />
        <CheckField name="sure" label={t.leaveSure} required />
      </MutationForm>
    </Section>
  );
}
