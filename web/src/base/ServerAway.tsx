// The banner while the server cannot be reached.

import { look, useAway } from "../graph/reach";
import { useWords } from "../text/words";
import { Button } from "./Button";
import { texts } from "./texts";

export function ServerAway() {
  const t = useWords(texts);
  const away = useAway();
  return (
    <div role="status" className={away ? "away" : undefined}>
      {away && <><p>{t.away}</p><Button onClick={() => void look()}>{t.back}</Button></>}
    </div>
  );
}
