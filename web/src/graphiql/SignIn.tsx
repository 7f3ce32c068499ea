// The sign-in box: an address and a password, then a second factor if the account has one.

import { useEffect, useRef, useState, type FormEvent } from "react";
import type { Audience } from "../graph/views";
import { passkeyProof, signIn, verify, type Challenge, type Outcome, type Proof } from "../session/session";

interface Props {
  title: string;
  /** Ends the session of whoever has signed in before: a new one would leave it open. */
  onLeave: () => Promise<void>;
  onSignedIn: (audience: Audience) => void;
  onCancel: () => void;
}

export function SignIn({ title, onLeave, onSignedIn, onCancel }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);

  useEffect(() => box.current?.showModal(), []);

  async function attempt(work: () => Promise<Outcome>): Promise<void> {
    setBusy(true);
    setFault("");
    try {
      const outcome = await work();
      if (outcome.kind === "signed in") return onSignedIn(outcome.audience);
      if (outcome.kind === "challenged") setChallenge(outcome.challenge);
      else setFault(outcome.message);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
    return undefined;
  }

  return (
    <dialog ref={box} className="sign-in" aria-labelledby="sign-in-title" onClose={onCancel}>
      <h2 id="sign-in-title">{challenge ? "Second factor" : title}</h2>
      {challenge ? (
        <SecondFactor challenge={challenge} busy={busy} onProof={(proof) => attempt(async () => verify(challenge, await proof()))} />
      ) : (
        <Password busy={busy} onGiven={(email, password) => attempt(() => onLeave().then(() => signIn(email, password)))} />
      )}
      <p role="alert" className="fault">{fault}</p>
      <button type="button" className="plain" onClick={() => box.current?.close()}>Cancel</button>
    </dialog>
  );
}

function Password({ busy, onGiven }: { busy: boolean; onGiven: (email: string, password: string) => void }) {
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    onGiven(String(given.get("email")), String(given.get("password")));
  }

  return (
    <form onSubmit={submit}>
      <label>
        E-mail address
        <input name="email" type="email" autoComplete="username" required autoFocus />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button type="submit" disabled={busy}>{busy ? "Signing in …" : "Sign in"}</button>
    </form>
  );
}

interface SecondFactorProps {
  challenge: Challenge;
  busy: boolean;
  onProof: (proof: () => Promise<Proof>) => void;
}

function SecondFactor({ challenge, busy, onProof }: SecondFactorProps) {
  const offers = (kind: string): boolean => challenge.secondFactors.includes(kind);
  const [recovers, setRecovers] = useState(!offers("TOTP"));

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget).get("code")).trim();
    onProof(() => Promise.resolve(recovers ? { recoveryCode: code } : { totp: code.replaceAll(/\s/g, "") }));
  }

  return (
    <>
      {offers("PASSKEY") && (
        <button type="button" disabled={busy} onClick={() => onProof(() => passkeyProof(challenge))}>
          Use a passkey
        </button>
      )}
      <form onSubmit={submit} key={String(recovers)}>
        <label>
          {recovers ? "Recovery code" : "Six digits of your authenticator app"}
          <input
            name="code"
            inputMode={recovers ? "text" : "numeric"}
            autoComplete={recovers ? "off" : "one-time-code"}
            required
            autoFocus
          />
        </label>
        <button type="submit" disabled={busy}>{busy ? "Checking …" : "Continue"}</button>
      </form>
      {offers("TOTP") && (
        <button type="button" className="plain" onClick={() => setRecovers(!recovers)}>
          {recovers ? "Use the authenticator app" : "Use a recovery code"}
        </button>
      )}
    </>
  );
}
