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
    if (place) center(place);
  }, [path, places.length]);
  return (
    <nav className="places" aria-label={label} ref={line} onFocus={(event) => center(event.target)}>{places.map((each) => (
      <Link key={each.path} href={each.path} aria-current={current(each.path)}>{each.label}</Link>
    ))}</nav>
  );
}

/** Scrolls the line, if it is longer than the window: a browser leaves what has the focus if a part of it is in sight. */
function center(place: HTMLElement) {
  const line = place.parentElement;
  if (line) line.scrollLeft = place.offsetLeft - (line.clientWidth - place.clientWidth) / 2;
}
