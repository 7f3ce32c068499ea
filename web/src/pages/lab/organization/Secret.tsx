// A secret, as long as the page shows it: it is stored nowhere.

import { useState, type ReactNode } from "react";
import { Button, Notice, useWords } from "../../../base";
import { texts } from "./texts";

interface Props {
  title: string;
  secret: string;
  onStored: () => void;
  children: ReactNode;
}

export function Secret({ title, secret, onStored, children }: Props) {
  const t = useWords(texts);
  const [copied, setCopied] = useState(false);
  return (
    <Notice kind="good">
      <p><strong>{title}</strong></p>
      <p><code className="secret">{secret}</code></p>
      {children}
      <div className="form-end">
        <Button onClick={() => void navigator.clipboard.writeText(secret).then(() => setCopied(true), () => undefined)}>{copied ? t.copied : t.copy}</Button>
        <Button onClick={onStored}>{t.another}</Button>
      </div>
    </Notice>
  );
}
