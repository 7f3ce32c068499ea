// What a mutation has achieved. It takes the focus, because the button that was pressed may be gone.

import { useEffect, useRef, type ReactNode } from "react";
import { Notice } from "./Notice";

export function Done({ children }: { children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const words = typeof children === "string" ? children : null;
  useEffect(() => box.current?.focus(), [words]);
  return <div ref={box} tabIndex={-1}><Notice kind="good">{children}</Notice></div>;
}
