// How the member signs in: address, password and second factors, and the devices that are signed in.

import "./settings.css";

import { useState } from "react";
import type { MySessionsQuery } from "../../../../generated/patient";
import { Button, Form, MutationForm, Notice, PageTitle, Refused, Section, Shown, Table, TextField, type Values } from "../../../base";
import { useAction, useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
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
  const confirm = useAction(EmailChangeConfirm);
  const [sent, setSent] = useState<string | null>(null);
  const [done, setDone] = useState(false);

  async function enter({ code = "" }: Values): Promise<void> {
    if (!(await confirm.run({ code }))) return;
    setSent(null);
    setDone(true);
    onChanged();
  }

  return (
    <Section id="address" title={t.address} lead={t.present(email)}>
      {done && <Notice kind="good">{t.addressChanged}</Notice>}
      {sent === null ? (
        <details>
          <summary>{t.changeAddress}</summary>
          <MutationForm
            submit={t.sendCode}
            mutation={EmailChange}
            input={({ newEmail = "", password = "" }) => ({ newEmail, password })}
            onDone={(_, { newEmail = "" }) => (setDone(false), setSent(newEmail))}
          >
            <TextField name="newEmail" label={t.newAddress} type="email" autoComplete="email" required />
            <TextField name="password" label={t.password} type="password" autoComplete="current-password" required />
          </MutationForm>
        </details>
      ) : (
        <>
          <Notice>{t.codeSent(sent)}</Notice>
          <Form submit={t.enterCode} {...confirm} onSubmit={(values) => void enter(values)}>
            <TextField name="code" label={t.code} autoComplete="one-time-code" required />
          </Form>
        </>
      )}
    </Section>
  );
}

function Sessions({ sessions }: Pick<MySessionsQuery["me"]["account"], "sessions">) {
  const t = useWords(texts);
  const { time } = useFormats();
  const { run, busy, ...state } = useAction(SessionRevoke);
  return (
    <Section id="sessions" title={t.sessions} lead={t.sessionsLead}>
      <Table caption={t.sessions} rows={sessions} columns={[
        { title: t.device, cell: (each) => <span className="device">{each.device ? deviceOf(each.device) : t.unknownDevice}</span> },
        { title: t.lastSeen, cell: (each) => time(each.lastSeenAt) },
        {
          title: t.signOut,
          cell: (each) =>
            each.current ? (
              <strong>{t.thisDevice}</strong>
            ) : (
              <Button busy={busy} onClick={() => void run({ session: each.id })}>{t.signOut}</Button>
            ),
        },
      ]} />
      <Refused {...state} />
    </Section>
  );
}
