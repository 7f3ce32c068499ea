// A part of a page, which has its title for a name.

import type { ReactNode } from "react";

interface Props {
  /** Of its title, once on the page. */
  id: string;
  title: ReactNode;
  /** The sentence below the title. */
  lead?: ReactNode;
  className?: string;
  /** Of the title: 3 in a part of a part. */
  level?: 2 | 3;
  children: ReactNode;
}

export function Section({ id, title, lead, className, level = 2, children }: Props) {
  const Title = `h${level}` as const;
  return (
    <section className={className} aria-labelledby={id}>
      <Title id={id}>{title}</Title>
      {lead && <p>{lead}</p>}
      {children}
    </section>
  );
}
