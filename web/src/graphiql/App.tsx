// The whole page: the bar with the views, and below it the explorer or the comparison of two views.

import { useEffect, useState } from "react";
import { viewOf, VIEWS, type Audience, type Schemas, type View } from "../graph/views";
import type { Demonstration } from "../session/demoAccounts";
import { currentAudience, signIn, signOut } from "../session/session";
import { Compare } from "./Compare";
import { Explorer } from "./Explorer";
import { SignIn } from "./SignIn";
import { ViewSwitcher } from "./ViewSwitcher";

interface Props {
  first: Audience;
  schemas: Schemas;
  demonstration: Demonstration | null;
}

export function App({ first, schemas, demonstration }: Props) {
  const [audience, setAudience] = useState(first);
  const [account, setAccount] = useState<string | null>(null); // of the demonstration, if known
  const [asked, setAsked] = useState<View | null>(null); // for which the sign-in box is open
  const [compares, setCompares] = useState(location.hash.startsWith("#compare"));
  const [busy, setBusy] = useState(false);
  const [notice, setNotice] = useState("");

  function show(next: Audience, as: string | null): void {
    setAudience(next);
    setAccount(as);
    setAsked(null);
  }

  /** Carries out a change of the session, and shows the view that the viewer then has. */
  async function change(work: () => Promise<void>): Promise<void> {
    setBusy(true);
    setNotice("");
    try {
      await work();
    } catch (error) {
      setNotice(error instanceof Error ? error.message : String(error));
      show(await currentAudience().catch(() => audience), null);
    }
    setBusy(false);
  }

  async function leave(): Promise<void> {
    if (audience === "PUBLIC") return;
    await signOut();
    setAudience("PUBLIC");
    setAccount(null);
  }

  function enter(view: View, email = demonstration?.accounts[view.audience]?.[0]): void {
    if (busy || (view.audience === audience && email === account)) return;
    if (view.audience === "PUBLIC") {
      void change(leave);
    } else if (demonstration && email) {
      void change(async () => {
        await leave();
        const outcome = await signIn(email, demonstration.password);
        if (outcome.kind !== "signed in") throw new Error(outcome.kind === "refused" ? outcome.message : "A second factor is needed: sign in with the box.");
        show(outcome.audience, email);
      });
    } else {
      setAsked(view);
    }
  }

  // Another window may have changed the session, which all of them share.
  useEffect(() => {
    let isCurrent = true;
    const look = (): void => {
      if (busy || asked) return;
      void currentAudience().then(
        (found) => isCurrent && found !== audience && show(found, null),
        () => undefined, // the next operation says that the server cannot be reached
      );
    };
    addEventListener("focus", look);
    return () => {
      isCurrent = false;
      removeEventListener("focus", look);
    };
  }, [audience, asked, busy]);

  function compare(open: boolean): void {
    setCompares(open);
    history.replaceState(null, "", open ? "#compare" : location.pathname);
  }

  return (
    <div className="page" data-view={viewOf(audience).name}>
      <ViewSwitcher
        current={viewOf(audience)}
        account={account}
        demonstration={demonstration}
        busy={busy}
        compares={compares}
        onEnter={enter}
        onSignIn={() => setAsked(VIEWS.find((view) => view.audience === audience) ?? null)}
        onCompare={compare}
      />
      <p className="notice" role="status">{notice}</p>
      <main>
        {/* Hidden, and not removed: an operation that is being written stays. */}
        <div className="panel" hidden={compares}>
          <Explorer
            audience={audience}
            schemas={schemas}
            onEnter={(view, email) => (view.audience !== audience || (email && demonstration)) && enter(view, email)}
            onEnded={() => void change(async () => show(await currentAudience(), null))}
          />
        </div>
        {compares && <Compare first={audience} schemas={schemas} />}
      </main>
      {asked && (
        <SignIn
          title={asked.audience === "PUBLIC" || asked.audience === audience ? "Sign in" : `Sign in as ${asked.label.toLowerCase()}`}
          onLeave={leave}
          onSignedIn={(next) => show(next, null)}
          onCancel={() => setAsked(null)}
        />
      )}
    </div>
  );
}
