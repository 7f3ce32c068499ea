// How the member signs in: address, password and second factors, and the devices that are signed in.

import "./settings.css";

import { useState } from "react";
import { Button } from "../../../base/Button";
import { Refused } from "../../../base/Confirm";
import { TextField } from "../../../base/Field";
import { Form } from "../../../base/Form";
import { Notice } from "../../../base/Notice";
import { PageTitle } from "../../../base/PageTitle";
import { Shown } from "../../../base/Shown";
import { Table } from "../../../base/Table";
import { useAction, useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { EmailChange, EmailChangeConfirm } from "./account/security";
import { deviceOf } from "./device";
import { Factors } from "./Factors";
import { Password } from "./Password";
import { MySessions, SessionRevoke } from "./patient/account";
import { Tabs } from "./Tabs";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = useRead(MySessions, {});
  return (
    <>
      <PageTitle>{t.security}</PageTitle>
      <Tabs />
      <Shown read={read}>
        {({ me: { account } }) => (
          <>
            <Address email={account.email} onChanged={read.again} />
            <Password email={account.email} onChanged={read.again} />
            <Factors />
            <Sessions sessions={account.sessions} />
          </>
        )}
      </Shown>
    </>
  );
}

function Address({ email, onChanged }: { email: string; onChanged: () => void }) {
  const t = useWords(texts);
  const change = useAction(EmailChange, (data) => data.emailChange);
  const confirm = useAction(EmailChangeConfirm, (data) => data.emailChangeConfirm);
  const [sent, setSent] = useState<string | null>(null);
  const [done, setDone] = useState(false);

  async function request({ newEmail = "", password = "" }: Record<string, string>): Promise<void> {
    setDone(false);
    if (await change.run({ input: { newEmail, password } })) setSent(newEmail);
  }

  async function enter({ code = "" }: Record<string, string>): Promise<void> {
    if (!(await confirm.run({ code }))) return;
    setSent(null);
    setDone(true);
    onChanged();
  }

  return (
    <section aria-labelledby="address">
      <h2 id="address">{t.address}</h2>
      <p>{t.present(email)}</p>
      {done && <Notice kind="good">{t.addressChanged}</Notice>}
      {sent === null ? (
        <details>
          <summary>{t.changeAddress}</summary>
          <Form key="request" submit={t.sendCode} {...change} onSubmit={(values) => void request(values)}>
            <TextField name="newEmail" label={t.newAddress} type="email" autoComplete="email" required />
            <TextField name="password" label={t.password} type="password" autoComplete="current-password" required />
          </Form>
        </details>
      ) : (
        <>
          <Notice>{t.codeSent(sent)}</Notice>
          <Form key="enter" submit={t.enterCode} {...confirm} onSubmit={(values) => void enter(values)}>
            <TextField name="code" label={t.code} autoComplete="one-time-code" required />
          </Form>
        </>
      )}
    </section>
  );
}

interface Device {
  readonly id: string;
  readonly device: string | null;
  readonly lastSeenAt: string;
  readonly current: boolean;
}

function Sessions({ sessions }: { sessions: readonly Device[] }) {
  const t = useWords(texts);
  const { time } = useFormats();
  const { run, busy, ...state } = useAction(SessionRevoke, (data) => data.sessionRevoke);
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">{t.sessions}</h2>
      <p>{t.sessionsLead}</p>
      <Table
        caption={t.sessions}
        rows={sessions}
        keyOf={(each) => each.id}
        columns={[
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
        ]}
      />
      <Refused {...state} />
    </section>
  );
}
