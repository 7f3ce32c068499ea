// Changes the password of whoever has signed in.

import { useState } from "react";
import { MutationForm, Notice, Section, TextField } from "../../../base";
import { useWords } from "../../../text/words";
import { PasswordChange } from "./account/security";
import { texts } from "./texts";

interface Props {
  /** With it, the browser knows for which account it stores the password. */
  email?: string;
  onChanged?: () => void;
}

export function Password({ email, onChanged }: Props) {
  const t = useWords(texts);
  const [changes, setChanges] = useState(0);
  return (
    <Section id="password" title={t.password}>
      {changes > 0 && <Notice kind="good">{t.passwordChanged}</Notice>}
      <details key={changes}>
        <summary>{t.changePassword}</summary>
        <MutationForm
          submit={t.changePassword}
          mutation={PasswordChange}
          input={({ password = "", newPassword = "" }) => ({ password, newPassword })}
          onDone={() => (setChanges(changes + 1), onChanged?.())}
        >
          {email && <input type="email" autoComplete="username" value={email} readOnly hidden />}
          <TextField name="password" label={t.presentPassword} type="password" autoComplete="current-password" required />
          <TextField name="newPassword" label={t.newPassword} hint={t.newPasswordHint} type="password" autoComplete="new-password" required />
        </MutationForm>
      </details>
    </Section>
  );
}
