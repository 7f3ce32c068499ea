// Accepts an invitation to an organization with the code from the mail, and chooses a password.

import { useState } from "react";
import { Link } from "wouter";
import { Form, Notice, TextField, VisitorsPage, type Values } from "../../base";
import { useAction } from "../../graph/hooks";
import { useWords } from "../../text/words";
import { OrganizationJoin } from "./public/join";
import { texts } from "./texts";

export function Page() {
  return <VisitorsPage texts={useWords(texts)}><Join /></VisitorsPage>;
}

function Join() {
  const t = useWords(texts);
  const [done, setDone] = useState(false);
  const { run, ...state } = useAction(OrganizationJoin);

  async function join({ code = "", password = "" }: Values): Promise<void> {
    if (await run({ input: { code, password } })) setDone(true);
  }

  if (done) {
    return (
      <><Notice kind="good">{t.done}</Notice><Link href="/sign-in" className="button primary">{t.signIn}</Link></>
    );
  }
  return (
    <>
      <p>{t.lead}</p>
      <Form submit={t.join} {...state} onSubmit={(values) => void join(values)}>
        <TextField name="code" label={t.code} autoComplete="one-time-code" required />
        <TextField name="password" label={t.password} hint={t.passwordHint} type="password" autoComplete="new-password" required />
      </Form>
    </>
  );
}
