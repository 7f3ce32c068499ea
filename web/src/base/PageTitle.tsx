// The heading of a page, which is also its title. After a navigation it has the focus.

import { useEffect, useRef } from "react";

let navigated = false; // the first page keeps the focus that the browser gives

export function PageTitle({ children }: { children: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (navigated) heading.current?.focus();
    navigated = true;
  }, []);
  useEffect(() => {
    document.title = `${children} · Cohorte`;
  }, [children]);
  return <h1 ref={heading} tabIndex={-1}>{children}</h1>;
}
