// What a mutation has achieved. It takes the focus, because the button that was pressed may be gone.

import { useEffect, useRef, useState, type ReactNode } from "react";
import { Notice } from "./Notice";

export function Done({ children }: { children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const words = typeof children === "string" ? children : null;
  useEffect(() => box.current?.focus(), [words]);
  return <div ref={box} tabIndex={-1}><Notice kind="good">{children}</Notice></div>;
}

/** What was done last, to be shown, and a function that says so and reads `again`. */
export function useDone(again: () => void): [shown: ReactNode, finish: (text: string) => void] {
  const [{ text, turn }, setDone] = useState({ text: "", turn: 0 });
  function finish(done: string): void {
    setDone({ text: done, turn: turn + 1 });
    again();
  }
  return [text && <Done key={turn}>{text}</Done>, finish];
}
