// Other terms of use than the member accepted: to read, and to accept.

import { MutationButton, Notice, Prose, Shown, useLanguageCode, useRead, useWords } from "../../../base";
import { MyTerms, TermsAccept } from "./patient/account";
import { texts } from "./texts";

export function Terms() {
  const t = useWords(texts);
  const read = useRead(MyTerms, { language: useLanguageCode() });
  return (
    <Notice>
      <p>{t.newTerms}</p>
      <Shown read={read}>{({ terms }) => (
        <>
          <details><summary>{t.terms(terms.version)}</summary><Prose>{terms.text}</Prose></details>
          <div className="after-form">
            <MutationButton mutation={TermsAccept} input={{ termsVersion: terms.version }}>{t.acceptTerms}</MutationButton>
          </div>
        </>
      )}</Shown>
    </Notice>
  );
}
