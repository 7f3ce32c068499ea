// The code from a mail, and the password that is chosen with it: then a link to sign in.

import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { MutationForm, Notice, TextField } from "../../base";
import type { Operation } from "../../graph/operation";

interface Props<Data> {
  mutation: Operation<Data, { input: { code: string; password: string } }>;
  words: { code: string; password: string; passwordHint: string; done: string; signIn: string };
  submit: string;
  lead: ReactNode;
  /** What to do after the sign-in. */
  check?: string;
}

export function SetPassword<Data>({ mutation, words: t, submit, lead, check }: Props<Data>) {
  const [done, setDone] = useState(false);
  if (done) {
    return (
      <>
        <Notice kind="good">{t.done}</Notice>
        {check && <p>{check}</p>}
        <Link href="/sign-in" className="button primary">{t.signIn}</Link>
      </>
    );
  }
  return (
    <>
      {lead}
      <MutationForm
        submit={submit}
        mutation={mutation}
        input={({ code = "", password = "" }) => ({ code, password })}
        onDone={() => setDone(true)}
      >
        <TextField name="code" label={t.code} autoComplete="one-time-code" required />
        <TextField name="password" label={t.password} hint={t.passwordHint} type="password" autoComplete="new-password" required />
      </MutationForm>
    </>
  );
}
