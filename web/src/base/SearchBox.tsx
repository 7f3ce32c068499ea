// A search, which is sent once nothing was typed for a moment.

import { useEffect, useId, useState } from "react";

const PAUSE = 250; // milliseconds

export function SearchBox({ label, onSearch }: { label: string; onSearch: (search: string) => void }) {
  const id = useId();
  const [typed, setTyped] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => onSearch(typed.trim()), PAUSE);
    return () => clearTimeout(timer);
  }, [typed, onSearch]);
  return (
    <div className="field search">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="search"
        value={typed}
        maxLength={200}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && event.preventDefault()} // it may stand in a form
      />
    </div>
  );
}
