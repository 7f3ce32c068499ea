// How the member signs in: address, password and second factors, and the devices that are signed in.

import "./settings.css";

import { useState } from "react";
import type { MySessionsQuery } from "../../../../generated/patient";
import {
  MutationButton, MutationForm, Notice, PageTitle, Section, Shown, Table, TextField, useDone, useFormats, useRead,
  useWords,
} from "../../../base";
import { Factors } from "./Factors";
import { Password } from "./Password";
import { Tabs } from "./Tabs";
import { EmailChange, EmailChangeConfirm } from "./account/security";
import { deviceOf } from "./device";
import { MySessions, SessionRevoke } from "./patient/account";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = useRead(MySessions, {});
  return (
    <>
      <PageTitle>{t.security}</PageTitle>
      <Tabs />
      <Shown read={read}>{({ me: { account } }) => (
        <>
          <Address email={account.email} onChanged={read.again} />
          <Password email={account.email} onChanged={read.again} />
          <Factors />
          <Sessions sessions={account.sessions} />
        </>
      )}</Shown>
    </>
  );
}

function Address({ email, onChanged }: { email: string; onChanged: () => void }) {
  const t = useWords(texts);
  const [sent, setSent] = useState<string | null>(null);
  const [done, finish] = useDone(() => (setSent(null), onChanged()));
  return (
    <Section id="address" title={t.address} lead={t.present(email)}>
      {sent === null && done}
      {sent === null ? (
        <details>
          <summary>{t.changeAddress}</summary>
          <MutationForm
            submit={t.sendCode}
            mutation={EmailChange}
            input={({ newEmail = "", password = "" }) => ({ newEmail, password })}
            onDone={(_, { newEmail = "" }) => setSent(newEmail)}
          >
            <TextField name="newEmail" label={t.newAddress} type="email" autoComplete="email" required />
            <TextField name="password" label={t.password} type="password" autoComplete="current-password" required />
          </MutationForm>
        </details>
      ) : (
        <>
          <Notice>{t.codeSent(sent)}</Notice>
          <MutationForm
            submit={t.enterCode}
            mutation={EmailChangeConfirm}
            input={({ code = "" }) => ({ code })}
            onDone={() => finish(t.addressChanged)}
          >
            <TextField name="code" label={t.code} autoComplete="one-time-code" required />
          </MutationForm>
        </>
      )}
    </Section>
  );
}

function Sessions({ sessions }: Pick<MySessionsQuery["me"]["account"], "sessions">) {
  const t = useWords(texts);
  const { time } = useFormats();
  const nameOf = (device: string | null): string => (device ? deviceOf(device) : t.unknownDevice);
  return (
    <Section id="sessions" title={t.sessions} lead={t.sessionsLead}>
      <Table caption={t.sessions} rows={sessions} columns={[
        { title: t.device, cell: (each) => <span className="device">{nameOf(each.device)}</span> },
        { title: t.lastSeen, cell: (each) => time(each.lastSeenAt) },
        {
          title: t.signOut,
          cell: (each) =>
            each.current ? (
              <strong>{t.thisDevice}</strong>
            ) : (
              <MutationButton
                mutation={SessionRevoke}
                input={{ session: each.id }}
                label={`${t.signOut} – ${nameOf(each.device)}, ${time(each.lastSeenAt)}`}
              >
                {t.signOut}
              </MutationButton>
            ),
        },
      ]} />
    </Section>
  );
}
