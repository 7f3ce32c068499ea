// Changes the password of whoever has signed in.

import { useState } from "react";
import { MutationForm, Section, TextField, useDone, useWords } from "../../../base";
import { PasswordChange } from "./account/security";
import { texts } from "./texts";

interface Props {
  /** With it, the browser knows for which account it stores the password. */
  email?: string;
  onChanged?: () => void;
}

export function Password({ email, onChanged }: Props) {
  const t = useWords(texts);
  const [turn, setTurn] = useState(0); // it is folded again after each change
  const [done, finish] = useDone(() => (setTurn(turn + 1), onChanged?.()));
  return (
    <Section id="password" title={t.password}>
      {done}
      <details key={turn}>
        <summary>{t.changePassword}</summary>
        <MutationForm
          submit={t.changePassword}
          mutation={PasswordChange}
          input={({ password = "", newPassword = "" }) => ({ password, newPassword })}
          onDone={() => finish(t.passwordChanged)}
        >
          {email && <input type="email" autoComplete="username" value={email} readOnly hidden />}
          <TextField name="password" label={t.presentPassword} type="password" autoComplete="current-password" required />
          <TextField name="newPassword" label={t.newPassword} hint={t.newPasswordHint} type="password" autoComplete="new-password" required />
        </MutationForm>
      </details>
    </Section>
  );
}
