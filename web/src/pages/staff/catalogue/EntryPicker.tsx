// Finds an entry of the catalogue, and lets one of those found be chosen.

import { useState } from "react";
import { RadioField } from "../../../base/Field";
import { SearchBox } from "../../../base/SearchBox";
import { useRead } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { CATALOGUE, nodesOf, type Kind } from "./kinds";
import { texts } from "./texts";

const MOST = 8;

interface Props {
  kind: Kind;
  name: string;
  /** The id of an entry that cannot be chosen. */
  without?: string;
}

export function EntryPicker({ kind, name, without }: Props) {
  const t = useWords(texts);
  const [search, setSearch] = useState("");
  const { list, searches } = CATALOGUE[kind];
  const read = useRead(list, searches ? { search } : {}, { pause: search === "" });
  const isFound = (each: { name: string }): boolean => searches || each.name.toLowerCase().includes(search.toLowerCase());
  const found = search && read.data ? nodesOf(read.data.list).filter((each) => each.id !== without && isFound(each)).slice(0, MOST) : [];
  return (
    <>
      <SearchBox label={t.pickSearch} onSearch={setSearch} />
      <RadioField name={name} label={t.pick} required options={found.map((each) => ({ value: each.id, label: each.name }))} />
    </>
  );
}
