// The page at `/privacy`.

import { PageTitle, Shown, useLanguageCode, useRead, useWords } from "../../base";
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
