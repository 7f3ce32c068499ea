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
  return (
    <button type={onClick ? "button" : "submit"} className={`button ${kind}`} onClick={onClick} disabled={busy || disabled} aria-label={label} aria-busy={busy}>
      {busy ? t.busy : children}
    </button>
  );
}
