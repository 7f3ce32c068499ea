// Changes the password of whoever has signed in.

import { useState } from "react";
import { Form, Notice, Section, TextField, type Values } from "../../../base";
import { useAction } from "../../../graph/hooks";
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
  const { run, ...state } = useAction(PasswordChange);
  const [changes, setChanges] = useState(0);

  async function change({ password = "", newPassword = "" }: Values): Promise<void> {
    if (!(await run({ input: { password, newPassword } }))) return;
    setChanges(changes + 1);
    onChanged?.();
  }

  return (
    <Section id="password" title={t.password}>
      {changes > 0 && <Notice kind="good">{t.passwordChanged}</Notice>}
      <details key={changes}>
        <summary>{t.changePassword}</summary>
        <Form submit={t.changePassword} {...state} onSubmit={(values) => void change(values)}>
          {email && <input type="email" autoComplete="username" value={email} readOnly hidden />}
          <TextField name="password" label={t.presentPassword} type="password" autoComplete="current-password" required />
          <TextField name="newPassword" label={t.newPassword} hint={t.newPasswordHint} type="password" autoComplete="new-password" required />
        </Form>
      </details>
    </Section>
  );
}
