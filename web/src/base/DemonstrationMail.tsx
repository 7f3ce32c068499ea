// Where the mail of a demonstration is: people who try it have no mailbox for the address that they made up.

import { useDemonstration } from "../app/App";
import { useWords } from "../text/words";
import { texts } from "./texts";

export function DemonstrationMail() {
  const t = useWords(texts);
  return useDemonstration() && <p className="hint">{t.demonstrationMail}</p>;
}
