// Recovery codes, which are shown once.

import { Button, Notice, useWords } from "../../../base";
import { texts } from "./texts";

export function RecoveryCodes({ codes, onStored }: { codes: readonly string[]; onStored: () => void }) {
  const t = useWords(texts);
  return (
    <Notice>
      <p>{t.codesOnce}</p>
      <ul className="codes">
        {codes.map((code) => <li key={code}><code>{code}</code></li>)}
      </ul>
      <Button onClick={onStored}>{t.codesStored}</Button>
    </Notice>
  );
}
