// A search whose results are buttons: one press takes one of them.

import { SearchBox } from "./SearchBox";

interface Found {
  id: string;
  name: string;
  /** By what it was found, or another name of it. */
  also?: string | null | undefined;
}

interface Props<Each extends Found> {
  label: string;
  none: string;
  search: string;
  onSearch: (search: string) => void;
  /** Undefined while they are read. */
  found: readonly Each[] | undefined;
  onPick: (picked: Each) => void;
}

export function Picker<Each extends Found>({ label, none, search, onSearch, found, onPick }: Props<Each>) {
  return (
    <div className="picker">
      <SearchBox label={label} onSearch={onSearch} />
      <div aria-live="polite">
        {search && found?.length === 0 && <p>{none}</p>}
        {search && found && found.length > 0 && (
          <ul>{found.map((each) => (
            <li key={each.id}>
              <button type="button" className="button" onClick={() => onPick(each)}>
                {each.name}
                {each.also && each.also !== each.name && <span className="quiet"> ({each.also})</span>}
              </button>
            </li>
          ))}</ul>
        )}
      </div>
    </div>
  );
}
