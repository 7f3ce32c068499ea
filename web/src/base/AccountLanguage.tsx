// Changes the language of the viewer's account, in the middle of whatever they do.

import { useSession } from "../app/session";
import { useAction } from "../graph/hooks";
import { LOCALES, type Language } from "../text/words";
import { LanguageButton } from "./LanguageButton";
import { AccountLanguageSet } from "./account/accountLanguage";

export function AccountLanguage() {
  const { refresh } = useSession();
  const { run, busy } = useAction(AccountLanguageSet);

  async function change(language: Language): Promise<void> {
    if (await run({ locale: LOCALES[language] })) await refresh();
  }

  return <LanguageButton busy={busy} onChange={(language) => void change(language)} />;
}
