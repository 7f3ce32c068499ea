// A text in force, with its version.

import { Prose, useFormats, useWords } from "../../base";
import { texts } from "./texts";

export function LegalText({ version, text, inForceOn }: { version: string; text: string; inForceOn: string }) {
  const t = useWords(texts);
  const { date } = useFormats();
  return (
    <><p className="quiet">{t.version(version, date(inForceOn))}</p><Prose>{text}</Prose></>
  );
}
