// The organization's webhooks: what is sent to which address, and whether it arrives. A secret is shown once.

import { useState } from "react";
import type { WebhookLineFragment } from "../../../../generated/buyer";
import {
  ChecksField, ConfirmButton, MutationForm, Notice, optionsOf, Section, Shown, Table, TextField, ticked, useFormats,
  useRead, useWords, type Mutation,
} from "../../../base";
import { ForRole, useMay } from "../ForRole";
import { LabWebhookCreate, LabWebhookDelete, LabWebhookPause, LabWebhookResume, LabWebhookRotate, LabWebhooks, LabWebhookTest } from "../buyer/webhooks";
import { Secret } from "../organization/Secret";
import { EVENTS } from "./events";
import { texts } from "./texts";

type Act = "test" | "pause" | "resume" | "rotate" | "remove";
/** What can be done with a webhook; some of it returns a secret. */
type Changed = { readonly userErrors: readonly unknown[]; readonly secret?: string | null };

const CHANGES: Record<Act, Mutation<Record<string, Changed | null>, { webhook: string }>> = {
  test: LabWebhookTest,
  pause: LabWebhookPause,
  resume: LabWebhookResume,
  rotate: LabWebhookRotate,
  remove: LabWebhookDelete,
};

type Done = { act: Act | "create"; secret: string | null };

const RESULT_MS = 2000; // after which a test has its result, as a rule

export function Webhooks() {
  const t = useWords(texts);
  const read = useRead(LabWebhooks, {});
  const manages = useMay("ADMINISTRATOR");
  const [done, setDone] = useState<Done | null>(null);

  function finish(made: Done): void {
    setDone(made);
    read.again();
    if (made.act === "test") setTimeout(read.again, RESULT_MS);
  }

  return (
    <Section id="webhooks" title={t.webhooks} lead={t.lead}>
      {done && !done.secret && <Notice kind="good">{t.done[done.act]}</Notice>}
      <Shown read={read}>{({ organization }) => (
        <Table caption={t.webhooks} rows={organization.webhooks} columns={[
          { title: t.name, cell: (webhook) => webhook.description },
          { title: t.url, cell: (webhook) => <code>{webhook.url}</code> },
          { title: t.sent, cell: (webhook) => webhook.events.map((event) => t.events[event]).join(", ") },
          { title: t.status, cell: (webhook) => t.statuses[webhook.status] },
          { title: t.latest, cell: (webhook) => <Latest webhook={webhook} /> },
          ...(manages ? [{ title: t.actions, cell: (webhook: WebhookLineFragment) => <Acts webhook={webhook} onDone={finish} /> }] : []),
        ]} />
      )}</Shown>
      {done?.secret ? (
        <Secret title={t.secret} secret={done.secret} onStored={() => setDone(null)}><p>{t.secretHint}</p></Secret>
      ) : (
        <ForRole least="ADMINISTRATOR">
          <MutationForm
            submit={t.create}
            mutation={LabWebhookCreate}
            input={({ url = "", description = "", ...values }) => ({ url, description, events: ticked(values, "events", EVENTS) })}
            onDone={({ secret }) => finish({ act: "create", secret })}
          >
            <TextField name="url" label={t.url} hint={t.urlHint} initial="https://" maxLength={500} required />
            <TextField name="description" label={t.name} hint={t.nameHint} maxLength={100} required />
            <ChecksField name="events" label={t.sent} options={optionsOf(t.events, EVENTS)} initial={EVENTS} />
          </MutationForm>
        </ForRole>
      )}
    </Section>
  );
}

/** The latest message and what became of it. */
function Latest({ webhook }: { webhook: WebhookLineFragment }) {
  const t = useWords(texts);
  const { time } = useFormats();
  const [latest] = webhook.deliveries;
  if (!latest) return t.nothing;
  const why = latest.responseStatus ?? (latest.failure && t.failures[latest.failure]);
  return (
    <>
      {time(latest.createdAt)}
      <br />
      <span className="quiet">{[t.deliveries[latest.status], why].filter(Boolean).join(", ")}</span>
    </>
  );
}

function Acts({ webhook, onDone }: { webhook: WebhookLineFragment; onDone: (done: Done) => void }) {
  const t = useWords(texts);
  const acts: readonly Act[] = ["test", webhook.status === "ACTIVE" ? "pause" : "resume", "rotate", "remove"];
  return acts.map((act) => (
    <div key={act}>
      <ConfirmButton
        kind="link"
        button={t.acts[act]}
        label={t.titled(t.acts[act], webhook.description)}
        title={t.titled(t.acts[act], webhook.description)}
        action={t.acts[act]}
        mutation={CHANGES[act]}
        input={{ webhook: webhook.id }}
        onDone={({ secret = null }) => onDone({ act, secret })}
      >
        {t.effects[act]}
      </ConfirmButton>
    </div>
  ));
}
