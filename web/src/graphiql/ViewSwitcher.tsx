// The bar on top: which view the page is in, and one click to each of the others.

import { VIEWS, type View } from "../graph/views";
import { nameOf, type Demonstration } from "../session/demoAccounts";
import { visitorsLanguage } from "../text/words";

interface Props {
  current: View;
  account: string | null;
  demonstration: Demonstration | null;
  busy: boolean;
  compares: boolean;
  onEnter: (view: View, email?: string) => void;
  onSignIn: () => void;
  onCompare: (open: boolean) => void;
}

export function ViewSwitcher({ current, account, demonstration, busy, compares, onEnter, onSignIn, onCompare }: Props) {
  const language = visitorsLanguage();
  const accounts = demonstration?.accounts[current.audience] ?? [];
  return (
    <header className="bar">
      <h1>Cohorte <span>GraphiQL</span></h1>
      <div className="views" role="group" aria-label="View of the graph" aria-busy={busy}>{VIEWS.map((view) => (
        <button
          key={view.name}
          type="button"
          data-view={view.name}
          aria-pressed={view === current}
          disabled={busy}
          title={`The view of ${view.people}`}
          onClick={() => onEnter(view)}
        >
          {view.label}
        </button>
      ))}</div>
      {accounts.length > 1 && (
        <label className="account">
          <span>as</span>
          <select
            aria-label="Account of the demonstration"
            value={account ?? ""}
            disabled={busy}
            onChange={(event) => onEnter(current, event.target.value)}
          >
            {account === null && <option value="">…</option>}
            {accounts.map((email) => (
              <option key={email} value={email} lang={language}>
                {`${nameOf(email, language)} · ${email}`}
              </option>
            ))}
          </select>
        </label>
      )}
      <div className="actions">
        <button type="button" className="plain" aria-pressed={compares} onClick={() => onCompare(!compares)}>
          Compare views
        </button>
        {current.audience === "PUBLIC" ? (
          <button type="button" className="plain" disabled={busy} onClick={onSignIn}>Sign in</button>
        ) : (
          <button type="button" className="plain" disabled={busy} onClick={() => onEnter(VIEWS[0] as View)}>
            Sign out
          </button>
        )}
      </div>
    </header>
  );
}
