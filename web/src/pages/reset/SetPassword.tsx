// The code from a mail, and the password that is chosen with it.

import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { Form, Notice, TextField, type Values } from "../../base";
import { useAction } from "../../graph/hooks";
import { useWords } from "../../text/words";
import { ResetPassword } from "./public/reset";
import { texts } from "./texts";

export function SetPassword({ lead }: { lead: ReactNode }) {
  const t = useWords(texts);
  const [done, setDone] = useState(false);
  const { run, ...state } = useAction(ResetPassword);

  async function set({ code = "", password = "" }: Values): Promise<void> {
    if (await run({ input: { code, password } })) setDone(true);
  }

  if (done) {
    return (
      <><Notice kind="good">{t.done}</Notice><Link href="/sign-in" className="button primary">{t.signIn}</Link></>
    );
  }
  return (
    <>
      {lead}
      <Form submit={t.set} {...state} onSubmit={(values) => void set(values)}>
        <TextField name="code" label={t.code} autoComplete="one-time-code" required />
        <TextField name="password" label={t.password} hint={t.passwordHint} type="password" autoComplete="new-password" required />
      </Form>
    </>
  );
}
