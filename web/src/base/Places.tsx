// Links to the pages of one topic, above each of them.

import "./places.css";

import { Link, useLocation } from "wouter";

interface Props {
  label: string;
  places: readonly { path: string; label: string }[];
  /** The path of the one that is shown, if it is not the address. */
  shown?: string;
}

export function Places({ label, places, shown }: Props) {
  const [address] = useLocation();
  const path = shown ?? address;
  const current = (place: string) => (path === place ? "page" : path.startsWith(`${place}/`) || undefined);
  return (
    <nav className="places" aria-label={label}>{places.map((each) => (
      <Link key={each.path} href={each.path} aria-current={current(each.path)}>{each.label}</Link>
    ))}</nav>
  );
}
