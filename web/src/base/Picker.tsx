// A search whose results are buttons: one press takes one of them.

import { useEffect, useState, type ReactNode } from "react";
import { useRead } from "../graph/hooks";
import type { Operation } from "../graph/operation";
import { Button } from "./Button";
import { SearchBox } from "./SearchBox";

interface Found {
  readonly id: string;
  readonly name: string;
  /** By what it was found, and of medicines the substance. */
  readonly matched?: { readonly name: string } | null;
  readonly inn?: string | null;
}

interface Props<Data, Each extends Found> {
  label: string;
  none: string;
  operation: Operation<Data, { search: string }>;
  /** What can be picked of a result. */
  of: (data: Data) => readonly Each[];
  onPick: (picked: Each) => void;
  onSearch?: (search: string) => void;
  /** What follows a search that has found nothing. */
  missing?: (search: string) => ReactNode;
}

export function Picker<Data, Each extends Found>({ label, none, operation, of, onPick, onSearch, missing }: Props<Data, Each>) {
  const [search, setSearch] = useState("");
  const { data } = useRead(operation, { search }, { pause: !search });
  useEffect(() => onSearch?.(search), [search, onSearch]);
  const found = search && data ? of(data) : null;
  return (
    <div className="picker">
      <SearchBox label={label} onSearch={setSearch} />
      <div aria-live="polite">
        {found?.length === 0 && <p>{none}</p>}
        {found && found.length > 0 && (
          <ul>{found.map((each) => (
            <li key={each.id}><Button onClick={() => onPick(each)}>{each.name}<Also found={each} /></Button></li>
          ))}</ul>
        )}
      </div>
      {found?.length === 0 && missing?.(search)}
    </div>
  );
}

/** Another name of what was found, by which people may know it. */
function Also({ found: { name, matched, inn } }: { found: Found }) {
  const also = matched?.name ?? inn;
  return also && also !== name && <span className="quiet"> ({also})</span>;
}
