// The organization's webhooks: what is sent to which address, and whether it arrives. A secret is shown once.

import { useState } from "react";
import type { WebhookLineFragment } from "../../../../generated/buyer";
import { ChecksField, MutationConfirm, MutationForm, Notice, optionsOf, Section, Shown, Table, TextField, ticked } from "../../../base";
import { useRead } from "../../../graph/hooks";
import type { Operation } from "../../../graph/operation";
import { useFormats, useWords } from "../../../text/words";
import { ForRole, useMay } from "../ForRole";
import { LabWebhookCreate, LabWebhookDelete, LabWebhookPause, LabWebhookResume, LabWebhookRotate, LabWebhooks, LabWebhookTest } from "../buyer/webhooks";
import { Secret } from "../organization/Secret";
import { EVENTS } from "./events";
import { texts } from "./texts";

type Act = "test" | "pause" | "resume" | "rotate" | "remove";
/** What can be done with a webhook; some of it returns a secret. */
type Changed = { readonly userErrors: readonly unknown[]; readonly secret?: string | null };
type Change = Operation<Record<string, Changed | null>, { input: { webhook: string } }>;

const CHANGES: Record<Act, Change> = {
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
  const [asked, setAsked] = useState<{ act: Act; webhook: WebhookLineFragment } | null>(null);
  const [done, setDone] = useState<Done | null>(null);

  function end(made: Done | null): void {
    setAsked(null);
    setDone(made);
    if (made) read.again();
    if (made?.act === "test") setTimeout(read.again, RESULT_MS);
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
          ...(manages ? [{ title: t.actions, cell: (webhook: WebhookLineFragment) => <Acts webhook={webhook} onPress={(act) => setAsked({ act, webhook })} /> }] : []),
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
            onDone={({ secret }) => end({ act: "create", secret })}
          >
            <TextField name="url" label={t.url} hint={t.urlHint} initial="https://" maxLength={500} required />
            <TextField name="description" label={t.name} hint={t.nameHint} maxLength={100} required />
            <ChecksField name="events" label={t.sent} options={optionsOf(t.events, EVENTS)} initial={EVENTS} />
          </MutationForm>
        </ForRole>
      )}
      {asked && (
        <MutationConfirm
          title={t.titled(t.acts[asked.act], asked.webhook.description)}
          action={t.acts[asked.act]}
          mutation={CHANGES[asked.act]}
          input={{ webhook: asked.webhook.id }}
          onClose={() => end(null)}
          onDone={({ secret = null }) => end({ act: asked.act, secret })}
        >
          {t.effects[asked.act]}
        </MutationConfirm>
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

function Acts({ webhook, onPress }: { webhook: WebhookLineFragment; onPress: (act: Act) => void }) {
  const t = useWords(texts);
  const acts: readonly Act[] = ["test", webhook.status === "ACTIVE" ? "pause" : "resume", "rotate", "remove"];
  return acts.map((act) => (
    <div key={act}>
      <button type="button" className="link" aria-label={t.titled(t.acts[act], webhook.description)} onClick={() => onPress(act)}>
        {t.acts[act]}
      </button>
    </div>
  ));
}

