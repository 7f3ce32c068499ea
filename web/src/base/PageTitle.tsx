// The heading of a page, which is also its title. After a navigation it has the focus.

import { useEffect, useRef, type ReactNode } from "react";

let navigated = false; // the first page keeps the focus that the browser gives

/** With `lead`, the sentence below it. */
export function PageTitle({ children, lead }: { children: string; lead?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (navigated) heading.current?.focus();
    navigated = true;
  }, []);
  useEffect(() => {
    document.title = `${children} · Cohorte`;
  }, [children]);
  return <><h1 ref={heading} tabIndex={-1} dir="auto">{children}</h1>{lead && <p>{lead}</p>}</>;
}
