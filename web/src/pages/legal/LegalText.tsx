// A text in force, with its version.

import { Prose } from "../../base";
import { useFormats, useWords } from "../../text/words";
import { texts } from "./texts";

export function LegalText({ version, text, inForceOn }: { version: string; text: string; inForceOn: string }) {
  const t = useWords(texts);
  const { date } = useFormats();
  return (
    <><p className="quiet">{t.version(version, date(inForceOn))}</p><Prose>{text}</Prose></>
  );
}
