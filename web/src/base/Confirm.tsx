// Asks before something that cannot be undone: what it does, a button that does it, and why it was refused.

import type { ReactNode } from "react";
import type { Failure, Refusal } from "../graph/hooks";
import { useWords } from "../text/words";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Notice } from "./Notice";
import { failureText } from "./Shown";
import { texts } from "./texts";

interface Props {
  title: string;
  children: ReactNode;
  action: string;
  kind?: "primary" | "danger";
  onConfirm: () => void;
  onClose: () => void;
  /** Of `useAction`. */
  busy: boolean;
  refusals: readonly Refusal[];
  failure: Failure | null;
}

export function Confirm({ title, children, action, kind = "danger", onConfirm, onClose, busy, refusals, failure }: Props) {
  return (
    <Dialog title={title} onClose={onClose} action={<Button kind={kind} busy={busy} onClick={onConfirm}>{action}</Button>}>
      {typeof children === "string" ? <p>{children}</p> : children}
      <Refused refusals={refusals} failure={failure} />
    </Dialog>
  );
}

interface RefusedProps {
  refusals?: readonly { readonly message: string }[];
  failure?: Failure | null;
}

/** Why something was not carried out, or cannot be. */
export function Refused({ refusals = [], failure = null }: RefusedProps) {
  const t = useWords(texts);
  if (!refusals.length && !failure) return null;
  return (
    <Notice kind="fault">
      {refusals.map(({ message }, place) => <p key={place}>{message}</p>)}
      {failure && <p>{failureText(failure, t)}</p>}
    </Notice>
  );
}
