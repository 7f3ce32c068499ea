// The page at `/terms`.

import { PageTitle, Shown, useLanguageCode, useRead, useWords } from "../../base";
import { LegalText } from "./LegalText";
import { TermsOfUse } from "./everybody/legal";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = useRead(TermsOfUse, { language: useLanguageCode() });
  return (
    <>
      <PageTitle>{t.terms}</PageTitle>
      <Shown read={read}>{({ terms }) => <LegalText {...terms} />}</Shown>
    </>
  );
}
