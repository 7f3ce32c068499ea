// Why the member cannot answer a survey, and what they can do about it.

import { Link } from "wouter";
import { Notice, useWords } from "../../../base";
import { texts } from "./texts";

export function Obstacle({ kind }: { kind: "consent" | "conditions" }) {
  const t = useWords(texts);
  return (
    <Notice>
      <p>{kind === "consent" ? t.consentFirst : t.notForYou}</p>
      {kind === "consent" && <Link href="/me/consents" className="button primary">{t.toConsents}</Link>}
    </Notice>
  );
}
