// Registration: what the network needs to know, the terms and the privacy notice, then the code from the mail.

import { useState } from "react";
import { Link } from "wouter";
import {
  CheckField, MutationForm, optionsOf, PageTitle, Prose, RadioField, Shown, TextField, useLanguage, useLanguageCode,
  useRead, useWords, type Values,
} from "../../base";
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

  if (registered) return <Verify {...registered} onRestart={() => setRegistered(null)} />;

  function inputOf({ email = "", password = "", pseudonym = "", ...values }: Values, termsVersion: string, noticeVersion: string) {
    const ofAge = kind === "ASSOCIATION" ? null : values["ofAge"] === "on";
    return { email, password, pseudonym, kind, ofAge, locale: language, termsVersion, noticeVersion };
  }

  return (
    <>
      <PageTitle lead={t.lead}>{t.title}</PageTitle>
      <Shown read={read}>{({ terms, privacyNotice }) => (
        <MutationForm
          submit={t.submit}
          mutation={Register}
          input={(values) => inputOf(values, terms.version, privacyNotice.version)}
          onDone={(_, { email = "", password = "" }) => setRegistered({ email, password })}
        >
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
        </MutationForm>
      )}</Shown>
      <p className="after-form"><Link href="/verify">{t.haveCode}</Link> · <Link href="/sign-in">{t.signIn}</Link></p>
    </>
  );
}

function Text({ title, version, text }: { title: string; version: string; text: string }) {
  return (
    <details className="card"><summary>{title}, {version}</summary><Prose>{text}</Prose></details>
  );
}
