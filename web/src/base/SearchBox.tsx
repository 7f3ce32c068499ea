// A search, which is sent once nothing was typed for a moment.

import { useEffect, useId, useState } from "react";
import { Hint } from "./Field";

const PAUSE = 250; // milliseconds

interface Props {
  label: string;
  hint?: string;
  onSearch: (search: string) => void;
}

export function SearchBox({ label, hint, onSearch }: Props) {
  const id = useId();
  const [typed, setTyped] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => onSearch(typed.trim()), PAUSE);
    return () => clearTimeout(timer);
  }, [typed, onSearch]);
  return (
    <div className="field search">
      <label htmlFor={id}>{label}</label>
      {hint && <Hint id={id}>{hint}</Hint>}
      <input
        id={id}
        aria-describedby={hint && `${id}-hint`}
        type="search"
        dir="auto"
        value={typed}
        maxLength={200}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && event.preventDefault()} // it may stand in a form
      />
    </div>
  );
}
