// The code from the mail: it opens the account, and signs in.

import { useState } from "react";
import { Link, useLocation } from "wouter";
import { homeOf } from "../../app/navigation";
import {
  Button, DemonstrationMail, Form, Notice, PageTitle, TextField, useAction, useSession, useWords, type Values,
} from "../../base";
import { signIn } from "../../session/session";
import { VerifyEmail } from "./public/register";
import { texts } from "./texts";

interface Props {
  /** As they were registered a moment ago. Without them, they are asked for. */
  email?: string;
  password?: string;
  onRestart?: () => void;
}

export function Verify({ email, password, onRestart }: Props) {
  const t = useWords(texts);
  const { refresh } = useSession();
  const [, navigate] = useLocation();
  const [opened, setOpened] = useState(false);
  const { run, ...state } = useAction(VerifyEmail);

  async function verify(values: Values): Promise<void> {
    const known = { email: email ?? values["email"] ?? "", password: password ?? values["password"] ?? "" };
    if (!(await run({ code: values["code"] ?? "", password: known.password }))) return;
    const outcome = await signIn(known.email, known.password).catch(() => null);
    if (outcome?.kind !== "signed in") return setOpened(true);
    await refresh();
    navigate(homeOf(outcome.audience));
  }

  if (opened) {
    return (
      <>
        <PageTitle>{t.verify}</PageTitle>
        <Notice kind="good">{t.opened}</Notice>
        <Link href="/sign-in" className="button primary">{t.signIn}</Link>
      </>
    );
  }
  return (
    <>
      <PageTitle>{t.verify}</PageTitle>
      {email && <Notice>{t.sent(email)}</Notice>}
      <DemonstrationMail />
      <Form submit={t.open} {...state} onSubmit={(values) => void verify(values)}>
        {!email && <TextField name="email" label={t.email} type="email" autoComplete="username" required />}
        {password === undefined && (
          <TextField name="password" label={t.password} hint={t.samePassword} type="password" autoComplete="current-password" required />
        )}
        <TextField name="code" label={t.code} hint={t.codeHint} autoComplete="one-time-code" required />
      </Form>
      {onRestart && <Button kind="link" onClick={onRestart}>{t.restart}</Button>}
    </>
  );
}
