// Sign-in: an address and a password, then a second factor if the account has one.
//
// It is also shown in the place of a page that the viewer may not open, and leads to that page.

import { useState } from "react";
import { Link, useLocation } from "wouter";
import { useDemonstration } from "../../app/App";
import { homeOf } from "../../app/navigation";
import {
  Button, Form, Notice, PageTitle, Section, TextField, useLanguage, useSession, useWords, type Failure,
  type PageProps,
} from "../../base";
import { note } from "../../graph/reach";
import { Unreachable } from "../../graph/send";
import type { Audience } from "../../graph/views";
import { nameOf } from "../../session/demoAccounts";
import { passkeyProof, signIn, signOut, verify, type Challenge, type Outcome, type Proof } from "../../session/session";
import { texts } from "./texts";

export function Page({ needed }: Partial<PageProps> & { needed?: Audience }) {
  const t = useWords(texts);
  const { audience, interrupted, ended, refresh } = useSession();
  const [, navigate] = useLocation();
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const isOpen = audience !== "PUBLIC" && !interrupted;

  async function attempt(work: () => Promise<Outcome>): Promise<void> {
    setBusy(true);
    setFailure(null);
    try {
      const outcome = await work();
      if (outcome.kind === "challenged") setChallenge(outcome.challenge);
      else if (outcome.kind === "refused") setFailure({ message: outcome.message });
      else {
        await refresh();
        if (!needed) navigate(homeOf(outcome.audience));
        return;
      }
    } catch (error) {
      const isAway = error instanceof Unreachable;
      if (isAway) note(false);
      setFailure(isAway ? "away" : { message: error instanceof Error ? error.message : "" });
    } finally {
      setBusy(false);
    }
  }

  /** Opens a session. One that is open already ends first: a new one would leave it open. */
  async function open(email: string, password: string): Promise<Outcome> {
    if (isOpen) await signOut();
    return signIn(email, password);
  }

  if (challenge) {
    const onProof = (proof: () => Promise<Proof>): void => void attempt(async () => verify(challenge, await proof()));
    return <SecondFactor challenge={challenge} busy={busy} failure={failure} onProof={onProof} />;
  }
  return (
    <>
      <PageTitle>{t.title}</PageTitle>
      {needed && !ended && !interrupted && <p>{t.needed[needed]}</p>}
      {ended && <Notice>{t.ended}</Notice>}
      {interrupted && <Notice>{t.interrupted}</Notice>}
      {isOpen && <p>{needed ? t.other : t.already}</p>}
      <Form
        submit={t.title}
        busy={busy}
        failure={failure}
        onSubmit={({ email = "", password = "" }) => void attempt(() => open(email, password))}
      >
        <TextField name="email" label={t.email} type="email" autoComplete="username" required />
        <TextField name="password" label={t.password} type="password" autoComplete="current-password" required />
      </Form>
      <p className="after-form">
        <Link href="/reset">{t.forgotten}</Link> · <Link href="/register">{t.register}</Link>
      </p>
      <Accounts needed={needed} onChosen={(email, password) => void attempt(() => open(email, password))} />
    </>
  );
}

function Accounts({ needed, onChosen }: { needed: Audience | undefined; onChosen: (email: string, password: string) => void }) {
  const t = useWords(texts);
  const language = useLanguage();
  const demonstration = useDemonstration();
  if (!demonstration) return null;
  const known = Object.entries(demonstration.accounts).filter(([audience]) => !needed || audience === needed);
  return (
    <Section id="accounts" title={t.demonstration}>
      <div className="form-end">
        {known.flatMap(([, emails]) =>
          emails.map((email) => (
            <Button key={email} onClick={() => onChosen(email, demonstration.password)}>
              {nameOf(email, language)}
            </Button>
          )),
        )}
      </div>
    </Section>
  );
}

interface SecondFactorProps {
  challenge: Challenge;
  busy: boolean;
  failure: Failure | null;
  onProof: (proof: () => Promise<Proof>) => void;
}

function SecondFactor({ challenge, busy, failure, onProof }: SecondFactorProps) {
  const t = useWords(texts);
  const offers = (kind: string): boolean => challenge.secondFactors.includes(kind);
  const [recovers, setRecovers] = useState(!offers("TOTP"));

  function prove(code: string): void {
    onProof(() => Promise.resolve(recovers ? { recoveryCode: code.trim() } : { totp: code.replaceAll(/\s/g, "") }));
  }

  return (
    <>
      <PageTitle>{t.factor}</PageTitle>
      {offers("PASSKEY") && <Button onClick={() => onProof(() => passkeyProof(challenge))}>{t.passkey}</Button>}
      <Form key={String(recovers)} submit={t.proceed} busy={busy} failure={failure} onSubmit={({ code = "" }) => prove(code)}>
        <TextField
          name="code"
          label={recovers ? t.recovery : t.totp}
          inputMode={recovers ? "text" : "numeric"}
          autoComplete={recovers ? "off" : "one-time-code"}
          required
        />
      </Form>
      {offers("TOTP") && (
        <Button kind="link" onClick={() => setRecovers(!recovers)}>{recovers ? t.useTotp : t.useRecovery}</Button>
      )}
    </>
  );
}
