// Registration: what the network needs to know, the terms and the privacy notice, then the code from the mail.

import { useState } from "react";
import { Link } from "wouter";
import { CheckField, Form, optionsOf, PageTitle, Prose, RadioField, Shown, TextField, type Values } from "../../base";
import { useAction, useRead } from "../../graph/hooks";
import { useLanguage, useLanguageCode, useWords } from "../../text/words";
import { Verify } from "./Verify";
import { Register, RegistrationTexts } from "./public/register";
import { texts } from "./texts";

const KINDS = ["PATIENT", "RELATIVE", "ASSOCIATION"] as const;
type Kind = (typeof KINDS)[number];

export function Page() {
  const t = useWords(texts);
  const language = useLanguage();
  const [kind, setKind] = useState<Kind>("PATIENT");
  const [registered, setRegistered] = useState<{ email: string; password: string } | null>(null);
  const read = useRead(RegistrationTexts, { language: useLanguageCode() });
  const { run, ...state } = useAction(Register);

  if (registered) return <Verify {...registered} onRestart={() => setRegistered(null)} />;

  async function register(values: Values, termsVersion: string, noticeVersion: string): Promise<void> {
    const { email = "", password = "", pseudonym = "" } = values;
    const ofAge = kind === "ASSOCIATION" ? null : values["ofAge"] === "on";
    const input = { email, password, pseudonym, kind, ofAge, locale: language, termsVersion, noticeVersion };
    if (await run({ input })) setRegistered({ email, password });
  }

  return (
    <>
      <PageTitle>{t.title}</PageTitle>
      <p>{t.lead}</p>
      <Shown read={read}>
        {({ terms, privacyNotice }) => (
          <Form submit={t.submit} {...state} onSubmit={(values) => void register(values, terms.version, privacyNotice.version)}>
            <RadioField
              name="kind"
              label={t.kind}
              options={optionsOf(t, KINDS)}
              initial={kind}
              onChange={(value) => setKind(value as Kind)}
            />
            <TextField name="pseudonym" label={t.pseudonym} hint={t.pseudonymHint} autoComplete="nickname" required />
            <TextField name="email" label={t.email} hint={t.emailHint} type="email" autoComplete="username" required />
            <TextField name="password" label={t.password} hint={t.passwordHint} type="password" autoComplete="new-password" required />
            {kind !== "ASSOCIATION" && <CheckField name="ofAge" label={t.ofAge} required />}
            <Text title={t.notice} version={t.version(privacyNotice.version)} text={privacyNotice.text} />
            <CheckField name="noticeVersion" label={t.readNotice(privacyNotice.version)} required />
            <Text title={t.terms} version={t.version(terms.version)} text={terms.text} />
            <CheckField name="termsVersion" label={t.acceptTerms(terms.version)} required />
          </Form>
        )}
      </Shown>
      <p className="after-form"><Link href="/verify">{t.haveCode}</Link> · <Link href="/sign-in">{t.signIn}</Link></p>
    </>
  );
}

function Text({ title, version, text }: { title: string; version: string; text: string }) {
  return (
    <details className="card"><summary>{title}, {version}</summary><Prose>{text}</Prose></details>
  );
}
