// In the place of what does not exist, or is not for the person who reads: no search engine keeps the address.

import { Link } from "wouter";
import { Notice } from "./Notice";
import { PageTitle } from "./PageTitle";

interface Props {
  title: string;
  text: string;
  /** Where to go on. */
  to?: { path: string; label: string };
}

export function Missing({ title, text, to }: Props) {
  return (
    <>
      <meta name="robots" content="noindex" />
      <PageTitle>{title}</PageTitle>
      <Notice>{text}</Notice>
      {to && <Link href={to.path}>{to.label}</Link>}
    </>
  );
}
