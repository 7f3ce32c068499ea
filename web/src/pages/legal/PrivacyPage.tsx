// The page at `/privacy`.

import { PageTitle } from "../../base/PageTitle";
import { Shown } from "../../base/Shown";
import { useRead } from "../../graph/hooks";
import { useLanguageCode, useWords } from "../../text/words";
import { PrivacyNoticeText } from "./everybody/legal";
import { LegalText } from "./LegalText";
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
