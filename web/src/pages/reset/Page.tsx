// A new password, with a code from a mail.

import { useState } from "react";
import { Link } from "wouter";
import { DemonstrationMail } from "../../base/DemonstrationMail";
import { TextField } from "../../base/Field";
import { Form } from "../../base/Form";
import { Notice } from "../../base/Notice";
import { PageTitle } from "../../base/PageTitle";
import { useAction } from "../../graph/hooks";
import { useWords } from "../../text/words";
import { RequestPasswordReset, ResetPassword } from "./public/reset";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const [email, setEmail] = useState<string | null>(null);
  const [done, setDone] = useState(false);
  const request = useAction(RequestPasswordReset, (data) => data.requestPasswordReset);
  const reset = useAction(ResetPassword, (data) => data.resetPassword);

  async function ask(address: string): Promise<void> {
    if (await request.run({ input: { email: address } })) setEmail(address);
  }

  async function set(code: string, password: string): Promise<void> {
    if (await reset.run({ input: { code, password } })) setDone(true);
  }

  return (
    <>
      <PageTitle>{t.title}</PageTitle>
      {done ? (
        <>
          <Notice kind="good">{t.done}</Notice>
          <Link href="/sign-in" className="button primary">
            {t.signIn}
          </Link>
        </>
      ) : email === null ? (
        <>
          <p>{t.lead}</p>
          <Form key="request" submit={t.request} {...request} onSubmit={(values) => void ask(values["email"] ?? "")}>
            <TextField name="email" label={t.email} type="email" autoComplete="username" required />
          </Form>
        </>
      ) : (
        <>
          <Notice>{t.sent(email)}</Notice>
          <DemonstrationMail />
          <Form key="reset" submit={t.set} {...reset} onSubmit={({ code = "", password = "" }) => void set(code, password)}>
            <TextField name="code" label={t.code} autoComplete="one-time-code" required />
            <TextField name="password" label={t.password} hint={t.passwordHint} type="password" autoComplete="new-password" required />
          </Form>
        </>
      )}
    </>
  );
}
