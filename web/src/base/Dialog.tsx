// A dialog above the page. Escape closes it, and the focus goes back to where it was.

import { useEffect, useId, useRef, type ReactNode } from "react";
import { useWords } from "../text/words";
import { Button } from "./Button";
import { texts } from "./texts";

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const t = useWords(texts);
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus(); // also if it goes away without being closed
    };
  }, []);
  return (
    <dialog ref={box} className="dialog" aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      <div className="dialog-content" tabIndex={0} role="group" aria-labelledby={id}>
        {children}
      </div>
      <div className="form-end">
        <Button onClick={() => box.current?.close()}>{t.close}</Button>
      </div>
    </dialog>
  );
}
