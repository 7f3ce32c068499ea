// Second factors: adding and removing them, and recovery codes.

import { useState } from "react";
import {
  Button, Form, MutationForm, Notice, optionsOf, RadioField, Refused, Section, Shown, TextField, useAction, useDone,
  useFormats, useRead, useWords, type Values,
} from "../../../base";
import { Proof, proofOf } from "./Proof";
import { QrCode } from "./QrCode";
import { RecoveryCodes } from "./RecoveryCodes";
import { FactorConfirm, FactorRemove, FactorStart, MyFactors, RecoveryCodesRenew, type FactorFragment } from "./account/security";
import { newPasskey } from "./passkey";
import { texts } from "./texts";

export function Factors() {
  const t = useWords(texts);
  const { number } = useFormats();
  const read = useRead(MyFactors, {});
  const [codes, setCodes] = useState<readonly string[]>([]);
  const [done, finish] = useDone(read.again);

  function changed(sentence: string, shown: readonly string[] | null = null): void {
    finish(sentence);
    if (shown?.length) setCodes(shown);
  }

  return (
    <Section id="factors" title={t.factors} lead={t.factorsLead}>
      {done}
      {codes.length > 0 && <RecoveryCodes codes={codes} onStored={() => setCodes([])} />}
      <Shown read={read}>{({ viewer: { secondFactors, recoveryCodesLeft } }) => (
        <>
          {secondFactors.length > 0 && (
            <ul className="factors">{secondFactors.map((factor) => (
              <li key={factor.id} className="card"><Added factor={factor} onRemoved={() => changed(t.removed)} /></li>
            ))}</ul>
          )}
          <Add proven={secondFactors.length > 0} onAdded={(shown) => changed(t.added, shown)} />
          {secondFactors.length > 0 && (
            <>
              <h3>{t.recovery}</h3>
              <p>{t.codesLeft(number(recoveryCodesLeft))}</p>
              <details>
                <summary>{t.renew}</summary>
                <MutationForm
                  submit={t.renew}
                  mutation={RecoveryCodesRenew}
                  input={proofOf}
                  onDone={({ recoveryCodes }) => changed(t.renewed, recoveryCodes)}
                >
                  <Proof />
                </MutationForm>
              </details>
            </>
          )}
        </>
      )}</Shown>
    </Section>
  );
}

function Added({ factor, onRemoved }: { factor: FactorFragment; onRemoved: () => void }) {
  const t = useWords(texts);
  const { date, time } = useFormats();
  return (
    <>
      <strong>{factor.name}</strong> · {t.factorKinds[factor.kind]}
      <p>{[t.addedOn(time(factor.createdAt)), factor.lastUsedOn && t.usedOn(date(factor.lastUsedOn))].filter(Boolean).join(" · ")}</p>
      <details>
        <summary>{t.remove}</summary>
        <MutationForm
          submit={t.remove}
          mutation={FactorRemove}
          input={(values) => ({ secondFactor: factor.id, ...proofOf(values) })}
          onDone={onRemoved}
        >
          <Proof />
        </MutationForm>
      </details>
    </>
  );
}

interface Begun {
  challenge: string;
  secret: string | null;
  uri: string | null;
}

function Add({ proven, onAdded }: { proven: boolean; onAdded: (codes: readonly string[] | null) => void }) {
  const t = useWords(texts);
  const start = useAction(FactorStart);
  const confirm = useAction(FactorConfirm);
  const [begun, setBegun] = useState<Begun | null>(null);
  const [noKey, setNoKey] = useState(false);

  async function begin(values: Values): Promise<void> {
    const { name = "", password = "" } = values;
    const kind = values["kind"] === "PASSKEY" ? ("PASSKEY" as const) : ("TOTP" as const);
    setNoKey(false);
    const found = await start.run({ kind, name, password, ...(proven && proofOf(values)) });
    if (!found?.challenge) return;
    if (!found.passkeyOptions) return setBegun({ challenge: found.challenge, secret: found.secret, uri: found.uri });
    const passkey = await newPasskey(found.passkeyOptions);
    if (passkey === null) return setNoKey(true);
    await end({ challenge: found.challenge, passkey });
  }

  async function end(input: { challenge: string; totp?: string; passkey?: string }): Promise<void> {
    const found = await confirm.run(input);
    if (!found) return;
    setBegun(null);
    onAdded(found.recoveryCodes);
  }

  if (begun) {
    return (
      <div className="card">
        <h3>{t.setUp}</h3>
        <ol>
          <li>
            {t.scan} {t.enterSecret} <code className="secret">{begun.secret?.match(/.{1,4}/g)?.join(" ")}</code>
            {begun.uri && <p><QrCode text={begun.uri} label={t.scan} /><a href={begun.uri}>{t.openApp}</a></p>}
          </li>
          <li>{t.thenCode}</li>
        </ol>
        <Form submit={t.confirm} {...confirm} onSubmit={({ totp = "" }) => void end({ challenge: begun.challenge, totp: totp.replaceAll(/\s/g, "") })}>
          <TextField name="totp" label={t.totp} inputMode="numeric" autoComplete="one-time-code" required />
        </Form>
        <Button kind="link" onClick={() => setBegun(null)}>{t.cancel}</Button>
      </div>
    );
  }
  return (
    <details>
      <summary>{t.add}</summary>
      <Form submit={t.continue} {...start} onSubmit={(values) => void begin(values)}>
        <RadioField name="kind" label={t.kind} options={optionsOf(t.factorKinds, ["TOTP", "PASSKEY"] as const)} initial="TOTP" />
        <TextField name="name" label={t.factorName} hint={t.factorNameHint} maxLength={60} required />
        <TextField name="password" label={t.presentPassword} type="password" autoComplete="current-password" required />
        {proven && <Proof />}
      </Form>
      {noKey && <Notice kind="fault">{t.noPasskey}</Notice>}
      <Refused {...confirm} />
    </details>
  );
}

