// Who has signed in, for the whole application: with each session come a language and an empty cache.

import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Provider } from "urql";
import { useDraftsOf } from "../base/drafts";
import { createGraph } from "../graph/client";
import { note, onBack, sendAgain } from "../graph/reach";
import { speak, Unreachable } from "../graph/send";
import type { Audience } from "../graph/views";
import { current, signOut, VISITOR, type Current } from "../session/session";
import { choose, LanguageContext, visitorsLanguage, type Language } from "../text/words";

interface Session {
  /** The viewer's, empty for a visitor. */
  id: string;
  audience: Audience;
  /** Asks the server who has signed in. To be called after a sign-in. */
  refresh: () => Promise<Audience>;
  leave: () => Promise<void>;
  /** Whether the session has ended without `leave`, and `audience` is whose it was until they sign in again or are let go. */
  interrupted: boolean;
  /** After an interruption, goes on as a visitor. */
  letGo: () => void;
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
  const [interrupted, setInterrupted] = useState(false);
  const [opened, setOpened] = useState(0);
  const looking = useRef<Promise<void> | null>(null);
  const { id, audience } = known;
  useDraftsOf(id);
  const language = audience === "PUBLIC" ? visitors : known.language === "fr" ? "fr" : "en";

  // Whoever finds their session again keeps what they had read and typed. A new one (`isNew`), and anyone else, begins with an empty cache.
  const goOn = useCallback((found: Current, isNew: boolean) => {
    if (isNew || found.id !== id || found.language !== known.language) {
      setKnown(found);
      setOpened((number) => number + 1);
      if (found.id) setEnded(false);
    }
    setInterrupted(false);
    if (found.id === id) sendAgain();
  }, [id, known.language]);

  const refresh = useCallback(async () => {
    const found = await current();
    goOn(found, !interrupted);
    return found.audience;
  }, [interrupted, goOn]);

  const letGo = useCallback(() => {
    goOn(VISITOR, true);
    setEnded(true);
  }, [goOn]);

  // Another window may have changed the session, which all of them share, or the language of its account.
  const look = useCallback((): void => {
    looking.current ??= current()
      .then((found) => {
        if (id && !found.id) setInterrupted(true);
        else goOn(found, false);
      })
      .catch(() => undefined)
      .finally(() => {
        looking.current = null;
      });
  }, [id, goOn]);

  const end = useCallback((): boolean => {
    if (id) look();
    return id !== "";
  }, [id, look]);

  // One for each session and language: `opened` counts the sessions.
  const graph = useMemo(() => createGraph(end), [opened, language, end]);
  useEffect(() => graph.close, [graph]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  useEffect(() => {
    const stop = onBack(look);
    addEventListener("focus", look);
    return () => {
      stop();
      removeEventListener("focus", look);
    };
  }, [look]);

  const session: Session = {
    id,
    audience,
    refresh,
    interrupted,
    letGo,
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
      <LanguageContext value={language}><Provider value={graph.client}>{children}</Provider></LanguageContext>
    </SessionContext>
  );
}
