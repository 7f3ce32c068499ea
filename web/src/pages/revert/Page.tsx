// Takes an account back whose address somebody else has changed, with the code from the mail to the previous address.

import { useState } from "react";
import { Link } from "wouter";
import { Form, Notice, TextField, VisitorsPage, type Values } from "../../base";
import { useAction } from "../../graph/hooks";
import { useWords } from "../../text/words";
import { EmailChangeRevert } from "./public/revert";
import { texts } from "./texts";

export function Page() {
  return <VisitorsPage texts={useWords(texts)}><Revert /></VisitorsPage>;
}

function Revert() {
  const t = useWords(texts);
  const [done, setDone] = useState(false);
  const { run, ...state } = useAction(EmailChangeRevert);

  async function revert({ code = "", password = "" }: Values): Promise<void> {
    if (await run({ input: { code, password } })) setDone(true);
  }

  if (done) {
    return (
      <>
        <Notice kind="good">{t.done}</Notice>
        <p>{t.check}</p>
        <Link href="/sign-in" className="button primary">{t.signIn}</Link>
      </>
    );
  }
  return (
    <>
      <p>{t.lead}</p>
      <p>{t.ends}</p>
      <Form submit={t.revert} {...state} onSubmit={(values) => void revert(values)}>
        <TextField name="code" label={t.code} autoComplete="one-time-code" required />
        <TextField name="password" label={t.password} hint={t.passwordHint} type="password" autoComplete="new-password" required />
      </Form>
    </>
  );
}
