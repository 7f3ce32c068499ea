// A button; `primary` is what a page is for, once on it, and a `link` is one among words.

import type { ReactNode } from "react";
import { useWords } from "../text/words";
import { texts } from "./texts";

export type ButtonKind = "primary" | "plain" | "danger" | "link";

interface Props {
  children: ReactNode;
  /** What it is called where several have the same words; begins with these. */
  label?: string | undefined;
  kind?: ButtonKind;
  /** Without `onClick`, it sends its form. */
  onClick?: (() => void) | undefined;
  /** While its work is done, it cannot be pressed. */
  busy?: boolean;
  disabled?: boolean;
  /** Whether what it unfolds is shown. */
  expanded?: boolean | undefined;
}

export function Button({ children, label, kind = "plain", onClick, busy = false, disabled = false, expanded }: Props) {
  const t = useWords(texts);
  // A button that is disabled while it works would lose the focus.
  return (
    <button
      type={onClick ? "button" : "submit"}
      className={kind === "link" ? "link" : `button ${kind}`}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      disabled={disabled}
      aria-disabled={busy || undefined}
      aria-label={label}
      aria-busy={busy}
      aria-expanded={expanded}
    >
      {busy ? t.busy : children}
    </button>
  );
}
