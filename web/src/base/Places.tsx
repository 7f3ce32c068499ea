// Links to the pages of one topic, above each of them.

import "./places.css";

import { Link, useLocation } from "wouter";

interface Props {
  label: string;
  places: readonly { path: string; label: string }[];
}

export function Places({ label, places }: Props) {
  const [path] = useLocation();
  return (
    <nav className="places" aria-label={label}>{places.map((each) => (
      <Link key={each.path} href={each.path} aria-current={path === each.path ? "page" : undefined}>{each.label}</Link>
    ))}</nav>
  );
}
