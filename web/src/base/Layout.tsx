// The frame of every page: header, content and footer.

import "./layout.css";

import { useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { NAVIGATION } from "../app/navigation";
import { useSession } from "../app/session";
import icon from "../icon.svg";
import { useLanguage, useWords } from "../text/words";
import { AccountLanguage } from "./AccountLanguage";
import { Button } from "./Button";
import { LanguageButton } from "./LanguageButton";
import { Notice } from "./Notice";
import { ServerAway } from "./ServerAway";
import { texts } from "./texts";

export function Layout({ children }: { children: ReactNode }) {
  const t = useWords(texts);
  return (
    <>
      <a className="skip" href="#content" onClick={skip}>{t.skip}</a>
      <Header />
      <ServerAway />
      <main id="content" tabIndex={-1}>{children}</main>
      <footer aria-label={t.footer}>
        <Link href="/ledger">{t.ledger}</Link>
        <Link href="/terms">{t.terms}</Link>
        <Link href="/privacy">{t.privacy}</Link>
        <a href="/graphiql">{t.graphiql}</a>
      </footer>
    </>
  );
}

/** Moves the focus without a change of the address. */
function skip(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Header() {
  const t = useWords(texts);
  const language = useLanguage();
  const { audience, leave, speak } = useSession();
  const [path, navigate] = useLocation();
  const [failed, setFailed] = useState(false);

  async function end(): Promise<void> {
    setFailed(false);
    try {
      await leave();
      navigate("/");
    } catch {
      setFailed(true);
    }
  }

  return (
    <header className="header" data-audience={audience}>
      <Link href="/" className="brand"><img src={icon} alt="" width="28" height="28" />Cohorte</Link>
      <nav aria-label={t.navigation}>{NAVIGATION[audience].map((link) => (
        <Link key={link.path} href={link.path} aria-current={path === link.path ? "page" : undefined}>
          {link.label(language)}
          {link.Count && <link.Count />}
        </Link>
      ))}</nav>
      <div className="header-end">
        {audience === "PUBLIC" ? (
          <>
            <LanguageButton onChange={speak} />
            <Link href="/sign-in">{t.signIn}</Link>
            <Link href="/register" className="button primary">{t.register}</Link>
          </>
        ) : (
          <><AccountLanguage /><Button onClick={() => void end()}>{t.signOut}</Button></>
        )}
      </div>
      {failed && <Notice kind="fault">{t.failed}</Notice>}
    </header>
  );
}
