// Links to the pages of one topic, above each of them. In a narrow window they are one line, which scrolls to the current one.

import "./places.css";

import { useLayoutEffect, useRef } from "react";
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
  const line = useRef<HTMLElement>(null);
  const current = (place: string) => (path === place ? "page" : path.startsWith(`${place}/`) || undefined);
  useLayoutEffect(() => {
    const place = line.current?.querySelector<HTMLElement>("[aria-current]");
    if (line.current && place) line.current.scrollLeft = place.offsetLeft - (line.current.clientWidth - place.clientWidth) / 2;
  }, [path, places.length]);
  return (
    <nav className="places" aria-label={label} ref={line}>{places.map((each) => (
      <Link key={each.path} href={each.path} aria-current={current(each.path)}>{each.label}</Link>
    ))}</nav>
  );
}
