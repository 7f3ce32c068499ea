// A button; `primary` is what a page is for, once on it.

import type { ReactNode } from "react";
import { useWords } from "../text/words";
import { texts } from "./texts";

interface Props {
  children: ReactNode;
  /** What it is called where several have the same words; begins with these. */
  label?: string | undefined;
  kind?: "primary" | "plain" | "danger";
  /** Without `onClick`, it sends its form. */
  onClick?: (() => void) | undefined;
  /** While its work is done, it cannot be pressed. */
  busy?: boolean;
  disabled?: boolean;
}

export function Button({ children, label, kind = "plain", onClick, busy = false, disabled = false }: Props) {
  const t = useWords(texts);
  // A button that is disabled while it works would lose the focus.
  return (
    <button
      type={onClick ? "button" : "submit"}
      className={`button ${kind}`}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      disabled={disabled}
      aria-disabled={busy || undefined}
      aria-label={label}
      aria-busy={busy}
    >
      {busy ? t.busy : children}
    </button>
  );
}
