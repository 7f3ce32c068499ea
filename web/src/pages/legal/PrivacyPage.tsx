// The page at `/privacy`.

import { PageTitle, Shown } from "../../base";
import { useRead } from "../../graph/hooks";
import { useLanguageCode, useWords } from "../../text/words";
import { LegalText } from "./LegalText";
import { PrivacyNoticeText } from "./everybody/legal";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = useRead(PrivacyNoticeText, { language: useLanguageCode() });
  return (
    <>
      <PageTitle>{t.privacy}</PageTitle>
      <Shown read={read}>{({ privacyNotice }) => <LegalText {...privacyNotice} />}</Shown>
    </>
  );
}
