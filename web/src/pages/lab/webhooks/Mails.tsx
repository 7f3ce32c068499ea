// The events of which the person who has signed in gets mail.

import { useState } from "react";
import { ChecksField, ticked } from "../../../base/ChecksField";
import { Form } from "../../../base/Form";
import { Notice } from "../../../base/Notice";
import { Shown } from "../../../base/Shown";
import { useAction, useRead } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { LabMailedEvents, LabMailedEventsChoose } from "../buyer/webhooks";
import { EVENTS } from "./events";
import { texts } from "./texts";

export function Mails() {
  const t = useWords(texts);
  const read = useRead(LabMailedEvents, {});
  const [saved, setSaved] = useState(false);
  const { run, ...state } = useAction(LabMailedEventsChoose, (data) => data.mailedEventsChoose);

  async function choose(values: Record<string, string>): Promise<void> {
    setSaved(false);
    setSaved((await run({ input: { events: ticked(values, "mailed", EVENTS) } })) !== null);
  }

  return (
    <section aria-labelledby="mails">
      <h2 id="mails">{t.mails}</h2>
      <p>{t.mailsLead}</p>
      {saved && <Notice kind="good">{t.mailsSaved}</Notice>}
      <Shown read={read}>
        {({ viewer }) => (
          <Form submit={t.saveMails} {...state} onSubmit={(values) => void choose(values)}>
            <ChecksField name="mailed" label={t.mailed} options={EVENTS.map((value) => ({ value, label: t.events[value] }))} initial={viewer.mailedEvents} />
          </Form>
        )}
      </Shown>
    </section>
  );
}
