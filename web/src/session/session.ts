// Signing in and out. The session's token is in a cookie that scripts cannot read; nothing of it is stored here.

import { isEnded, send, type Result } from "../graph/send";
import type { Audience } from "../graph/views";
import { SignOut } from "./account/signOut";
import { Viewer as ViewerOperation } from "./everybody/viewer";
import { SignIn } from "./public/signIn";
import { SignInVerify } from "./public/signInVerify";

/** The password was right, and a second factor is needed. */
export interface Challenge {
  challenge: string;
  secondFactors: readonly string[];
  passkeyOptions: string | null;
}

export type Proof = { totp: string } | { recoveryCode: string } | { passkey: string };

/** What became of an attempt to sign in. */
export type Outcome =
  | { kind: "signed in"; audience: Audience }
  | { kind: "challenged"; challenge: Challenge }
  | { kind: "refused"; message: string };

interface Viewer {
  audience: Audience;
}

interface SignInPayload extends Partial<Challenge> {
  viewer: Viewer | null;
  userErrors: readonly { message: string }[];
}

const REFUSED = "The server did not carry it out. Try again in a moment.";

/** Whoever has signed in: their viewer's id, empty for a visitor, their view, and the language in which they are answered. */
export interface Current {
  id: string;
  audience: Audience;
  language: string | null;
}

export const VISITOR: Current = { id: "", audience: "PUBLIC", language: null };

/** Who has signed in. An ended session is a visitor's: its response removes the cookie. */
export async function current(): Promise<Current> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const { result, language } = await send<{ viewer: Viewer & { id: string } }>({ query: ViewerOperation.text });
    if (result.data) {
      const { id, audience } = result.data.viewer;
      return { id: audience === "PUBLIC" ? VISITOR.id : id, audience, language };
    }
    if (!isEnded(result)) throw new Error(messageOf(result));
  }
  return VISITOR;
}

export async function currentAudience(): Promise<Audience> {
  return (await current()).audience;
}

export async function signIn(email: string, password: string): Promise<Outcome> {
  const { result } = await send<{ signIn: SignInPayload | null }>({
    query: SignIn.text,
    variables: { email, password },
  });
  return outcomeOf(result, result.data?.signIn);
}

export async function verify(challenge: Challenge, proof: Proof): Promise<Outcome> {
  const { result } = await send<{ signInVerify: SignInPayload | null }>({
    query: SignInVerify.text,
    variables: { challenge: challenge.challenge, ...proof },
  });
  return outcomeOf(result, result.data?.signInVerify);
}

/** A passkey's answer to a challenge. Throws an Error with a sentence for people if the browser gives none. */
export async function passkeyProof(challenge: Challenge): Promise<Proof> {
  const options = JSON.parse(challenge.passkeyOptions ?? "{}") as PublicKeyCredentialRequestOptionsJSON;
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    return { passkey: JSON.stringify(credential.toJSON()) };
  } catch {
    throw new Error("The browser gave no answer of a passkey. Try again, or use another second factor.");
  }
}

export async function signOut(): Promise<void> {
  const { result } = await send({ query: SignOut.text });
  if (result.errors && !isEnded(result)) throw new Error(messageOf(result));
}

function outcomeOf(result: Result<unknown>, payload: SignInPayload | null | undefined): Outcome {
  if (payload?.viewer) return { kind: "signed in", audience: payload.viewer.audience };
  if (payload?.challenge) {
    const { challenge, secondFactors, passkeyOptions } = payload;
    const waiting = { challenge, secondFactors: secondFactors ?? [], passkeyOptions: passkeyOptions ?? null };
    return { kind: "challenged", challenge: waiting };
  }
  const message = payload?.userErrors.map((error) => error.message).join(" ");
  return { kind: "refused", message: message || messageOf(result) };
}

function messageOf(result: Result<unknown>): string {
  return result.errors?.[0]?.message ?? REFUSED;
}
