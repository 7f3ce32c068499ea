// Changes the language of a member's account, in the middle of whatever they do.

import { useSession } from "../app/session";
import { useAction } from "../graph/hooks";
import { LOCALES, type Language } from "../text/words";
import { LanguageButton } from "./LanguageButton";
import { MemberLanguageSet } from "./patient/memberLanguage";

export function MemberLanguage() {
  const { refresh } = useSession();
  const { run, busy } = useAction(MemberLanguageSet, (data) => data.profileUpdate);

  async function change(language: Language): Promise<void> {
    if (await run({ locale: LOCALES[language] })) await refresh();
  }

  return <LanguageButton busy={busy} onChange={(language) => void change(language)} />;
}
