// Other terms of use than the member accepted: to read, and to accept.

import { Button, Notice, Prose, Refused, Shown } from "../../../base";
import { useAction, useRead } from "../../../graph/hooks";
import { useLanguageCode, useWords } from "../../../text/words";
import { MyTerms, TermsAccept } from "./patient/account";
import { texts } from "./texts";

export function Terms() {
  const t = useWords(texts);
  const read = useRead(MyTerms, { language: useLanguageCode() });
  const { run, busy, ...state } = useAction(TermsAccept);
  return (
    <Notice>
      <p>{t.newTerms}</p>
      <Shown read={read}>{({ terms }) => (
        <>
          <details><summary>{t.terms(terms.version)}</summary><Prose>{terms.text}</Prose></details>
          <Refused {...state} />
          <div className="after-form">
            <Button busy={busy} onClick={() => void run({ version: terms.version })}>{t.acceptTerms}</Button>
          </div>
        </>
      )}</Shown>
    </Notice>
  );
}
