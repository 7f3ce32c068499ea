// Changes the language of a member's account, in the middle of whatever they do.

import { useSession } from "../app/session";
import { useAction } from "../graph/hooks";
import { useLanguage, useWords } from "../text/words";
import { MemberLanguageSet } from "./patient/memberLanguage";
import { texts } from "./texts";

const NAMES = { fr: "Français", en: "English" };
const LOCALES = { fr: "fr-FR", en: "en-GB" };

export function MemberLanguage() {
  const t = useWords(texts);
  const language = useLanguage();
  const { refresh } = useSession();
  const { run, busy } = useAction(MemberLanguageSet, (data) => data.profileUpdate);
  const other = language === "fr" ? "en" : "fr";

  async function change(): Promise<void> {
    if (await run({ locale: LOCALES[other] })) await refresh();
  }

  return (
    <button type="button" className="link" lang={other} aria-label={`${t.language}: ${NAMES[other]}`} disabled={busy} onClick={() => void change()}>
      {NAMES[other]}
    </button>
  );
}
