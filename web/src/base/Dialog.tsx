// A dialog above the page. Escape closes it, and the focus goes back to where it was.

import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { useSession } from "../app/session";
import { useWords } from "../text/words";
import { Button, type ButtonKind } from "./Button";
import { texts } from "./texts";

interface Props {
  title: string;
  onClose: () => void;
  /** Beside the button that closes it. */
  action?: ReactNode;
  children: ReactNode;
}

export function Dialog({ title, onClose, action, children }: Props) {
  const t = useWords(texts);
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  const { interrupted } = useSession();
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement) before.focus(); // also if it goes away without being closed
    };
  }, []);
  // What lies below an open dialog cannot be reached, such as the form to sign in again.
  useEffect(() => {
    if (interrupted) box.current?.close();
    else box.current?.showModal();
  }, [interrupted]);
  return (
    <dialog ref={box} className="dialog" aria-labelledby={id} onClose={() => interrupted || onClose()}>
      <h2 id={id}>{title}</h2>
      <div className="dialog-content" tabIndex={0} role="group" aria-labelledby={id}>{children}</div>
      <div className="form-end">{action}<Button onClick={() => box.current?.close()}>{t.close}</Button></div>
    </dialog>
  );
}

interface ButtonProps {
  kind?: ButtonKind;
  /** The words of the button. */
  button: string;
  /** What it is called where several have the same words. */
  label?: string;
  title: string;
  children: (close: () => void) => ReactNode;
}

/** A button that opens a dialog. */
export function DialogButton({ kind = "plain", button, label, title, children }: ButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  const close = (): void => setIsOpen(false);
  return (
    <>
      <Button kind={kind} label={label} onClick={() => setIsOpen(true)}>{button}</Button>
      {isOpen && <Dialog title={title} onClose={close}>{children(close)}</Dialog>}
    </>
  );
}
