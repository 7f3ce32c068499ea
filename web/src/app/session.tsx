// Who has signed in, for the whole application: with each session come a language and an empty cache.

import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { Provider } from "urql";
import { createGraph } from "../graph/client";
import { note, onBack } from "../graph/reach";
import { speak, Unreachable } from "../graph/send";
import type { Audience } from "../graph/views";
import { current, signOut, VISITOR, type Current } from "../session/session";
import { choose, LanguageContext, visitorsLanguage, type Language } from "../text/words";

interface Session {
  audience: Audience;
  /** Asks the server who has signed in. To be called after a sign-in. */
  refresh: () => Promise<Audience>;
  leave: () => Promise<void>;
  /** Whether the session ended without `leave`, since the last sign-in. */
  ended: boolean;
  /** Changes the language of a visitor; that of an account is a setting of the account. */
  speak: (language: Language) => void;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const found = useContext(SessionContext);
  if (!found) throw new Error("useSession needs a SessionProvider.");
  return found;
}

/** The session as the page starts with it: a visitor's while the server is away. */
export async function firstSession(): Promise<Current> {
  speak(visitorsLanguage());
  try {
    return await current();
  } catch (error) {
    if (error instanceof Unreachable) note(false);
    return VISITOR;
  }
}

export function SessionProvider({ first, children }: { first: Current; children: ReactNode }) {
  const [known, setKnown] = useState(first);
  const [visitors, setVisitors] = useState(visitorsLanguage);
  const [ended, setEnded] = useState(false);
  const [opened, setOpened] = useState(0);
  const { audience } = known;
  const language = audience === "PUBLIC" ? visitors : known.language === "fr" ? "fr" : "en";

  const show = useCallback((found: Current) => {
    setKnown(found);
    setOpened((number) => number + 1);
  }, []);

  const refresh = useCallback(async () => {
    const found = await current();
    show(found);
    if (found.audience !== "PUBLIC") setEnded(false);
    return found.audience;
  }, [show]);

  const end = useCallback(() => {
    if (audience === "PUBLIC") return;
    show(VISITOR);
    setEnded(true);
  }, [audience, show]);

  // One for each session and language: `opened` counts the sessions.
  const graph = useMemo(() => createGraph(end), [opened, language, end]);
  useEffect(() => graph.close, [graph]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  // Another window may have changed the session, which all of them share, or the language of its account. A server that is back
  // knows of the session what it knew: what was typed and read stays.
  useEffect(() => {
    const look = (): void => {
      current().then(
        (found) => {
          if (found.audience === audience && found.language === known.language) return;
          show(found);
        },
        () => undefined,
      );
    };
    const stop = onBack(look);
    addEventListener("focus", look);
    return () => {
      stop();
      removeEventListener("focus", look);
    };
  }, [audience, known.language, show]);

  const session: Session = {
    audience,
    refresh,
    ended,
    async leave() {
      await signOut();
      setEnded(false);
      await refresh();
    },
    speak(chosen) {
      choose(chosen);
      speak(chosen);
      setVisitors(chosen);
    },
  };
  return (
    <SessionContext value={session}>
      <LanguageContext value={language}>
        <Provider value={graph.client}>{children}</Provider>
      </LanguageContext>
    </SessionContext>
  );
}
