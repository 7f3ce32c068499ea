// Changes to the other language. Its label is in that language, for those who do not read this one.

import { useLanguage, useWords, type Language } from "../text/words";
import { texts } from "./texts";

const NAMES: Record<Language, string> = { fr: "Français", en: "English" };

export function LanguageButton({ onChange, busy = false }: { onChange: (language: Language) => void; busy?: boolean }) {
  const t = useWords(texts);
  const other = useLanguage() === "fr" ? "en" : "fr";
  return (
    <button
      type="button"
      className="link"
      lang={other}
      aria-label={`${t.language}: ${NAMES[other]}`}
      aria-disabled={busy || undefined}
      onClick={() => !busy && onChange(other)}
    >
      {NAMES[other]}
    </button>
  );
}
