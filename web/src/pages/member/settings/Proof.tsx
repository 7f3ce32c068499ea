// A proof of a second factor, as fields of a form: a code of the app, or a recovery code.

import { useState } from "react";
import { Button, TextField, useWords } from "../../../base";
import { texts } from "./texts";

export function Proof() {
  const t = useWords(texts);
  const [recovers, setRecovers] = useState(false);
  return (
    <>
      {recovers ? (
        <TextField key="recovery" name="recoveryCode" label={t.recoveryCode} autoComplete="off" required />
      ) : (
        <TextField key="totp" name="totp" label={t.totp} inputMode="numeric" autoComplete="one-time-code" required />
      )}
      <Button kind="link" onClick={() => setRecovers(!recovers)}>{recovers ? t.useTotp : t.useRecovery}</Button>
    </>
  );
}

/** The proof among a form's values, as mutations take it. */
export function proofOf({ totp, recoveryCode }: Record<string, string>): { totp: string } | { recoveryCode: string } {
  return recoveryCode === undefined ? { totp: (totp ?? "").replaceAll(/\s/g, "") } : { recoveryCode: recoveryCode.trim() };
}
