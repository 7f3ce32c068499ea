// Finds an entry of the catalogue, and lets one of those found be chosen.

import { useState } from "react";
import { RadioField, SearchBox, useRead, useWords } from "../../../base";
import { CATALOGUE, nodesOf, type Kind } from "./kinds";
import { texts } from "./texts";

const MOST = 8;

interface Props {
  kind: Kind;
  name: string;
  /** What is chosen: an entry of the catalogue if omitted. */
  label?: string;
  /** The id of an entry that cannot be chosen. */
  without?: string;
}

export function EntryPicker({ kind, name, label, without }: Props) {
  const t = useWords(texts);
  const [search, setSearch] = useState("");
  const read = useRead(CATALOGUE[kind].list, { search }, { pause: search === "" });
  const offered = search && read.data ? nodesOf(read.data.list).filter((each) => each.id !== without && !each.retiredOn) : [];
  return (
    <>
      <SearchBox label={t.pickSearch} onSearch={setSearch} />
      <RadioField name={name} label={label ?? t.pick} required options={offered.slice(0, MOST).map((each) => ({ value: each.id, label: each.name }))} />
    </>
  );
}
