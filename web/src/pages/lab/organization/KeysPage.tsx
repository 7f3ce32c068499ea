// The organization's API keys: a new one is shown once, and each can be revoked. Below are its webhooks and mails.

import "../lab.css";

import { useState } from "react";
import type { LabApiKeysQuery } from "../../../../generated/buyer";
import {
  ConfirmButton, MutationForm, PageTitle, Section, Shown, Table, TextField, useDone, useFormats, useRead, useWords,
} from "../../../base";
import { ForRole, useMay } from "../ForRole";
import { LabApiKeyCreate, LabApiKeyRevoke, LabApiKeys } from "../buyer/organization";
import { texts as shared } from "../texts";
import { Mails } from "../webhooks/Mails";
import { Webhooks } from "../webhooks/Webhooks";
import { Secret } from "./Secret";
import { texts } from "./texts";

type Key = LabApiKeysQuery["organization"]["apiKeys"][number];

export function Page() {
  const t = useWords(texts);
  const { keys } = useWords(shared);
  const { time } = useFormats();
  const read = useRead(LabApiKeys, {});
  const manages = useMay("ADMINISTRATOR");
  const [done, finish] = useDone(read.again);

  const revoking = (key: Key) => (
    <ConfirmButton
      kind="link"
      button={t.revoke}
      label={t.revokeKey(key.name)}
      title={t.sure(key.name)}
      action={t.yes}
      mutation={LabApiKeyRevoke}
      input={{ apiKey: key.id }}
      onDone={() => finish(t.revoked)}
    >
      {t.effect}
    </ConfirmButton>
  );

  return (
    <>
      <PageTitle lead={t.keysLead}>{keys}</PageTitle>
      {done}
      <Shown read={read}>{({ organization }) => (
        <Table caption={t.apiKeys} rows={organization.apiKeys} columns={[
          { title: t.name, cell: (key) => key.name },
          { title: t.prefix, cell: (key) => <code>{key.prefix}</code> },
          { title: t.created, cell: (key) => time(key.createdAt) },
          { title: t.used, cell: (key) => (key.lastUsedAt ? time(key.lastUsedAt) : t.never) },
          { title: t.expires, cell: (key) => time(key.expiresAt) },
          ...(manages ? [{ title: t.actions, cell: revoking }] : []),
        ]} />
      )}</Shown>
      <ForRole least="ADMINISTRATOR"><Create onCreated={read.again} /></ForRole>
      <Webhooks />
      <Mails />
    </>
  );
}

function Create({ onCreated }: { onCreated: () => void }) {
  const t = useWords(texts);
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Section id="create" title={t.create}>
      {secret === null ? (
        <MutationForm
          submit={t.createIt}
          mutation={LabApiKeyCreate}
          input={({ name = "", expiresAt: day = "" }) => ({ name, expiresAt: `${day}T23:59:59Z` })}
          onDone={(made) => (setSecret(made.secret), onCreated())}
        >
          <TextField name="name" label={t.keyName} hint={t.keyNameHint} maxLength={100} required />
          <TextField name="expiresAt" label={t.expiresOn} hint={t.expiresHint} type="date" required />
        </MutationForm>
      ) : (
        <Secret title={t.secret} secret={secret} onStored={() => setSecret(null)}>
          <p>{t.secretHint}</p>
          <p>{t.use} <code>Authorization: Bearer …</code></p>
          <p>{t.environment}</p>
          <p>
            <code>{`export COHORTE_URL=${location.origin} COHORTE_API_KEY=${secret}`}</code>
          </p>
        </Secret>
      )}
    </Section>
  );
}
