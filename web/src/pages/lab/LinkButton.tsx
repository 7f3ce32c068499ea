// A link that looks like a button.

import { Link } from "wouter";

export function LinkButton({ href, children, primary = false }: { href: string; children: string; primary?: boolean }) {
  return <Link href={href} className={primary ? "button primary" : "button"}>{children}</Link>;
}
