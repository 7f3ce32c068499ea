// The events of which the person who has signed in gets mail.

import { useState } from "react";
import { ChecksField, Form, Notice, optionsOf, Section, Shown, ticked, type Values } from "../../../base";
import { useAction, useRead } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { LabMailedEvents, LabMailedEventsChoose } from "../buyer/webhooks";
import { EVENTS } from "./events";
import { texts } from "./texts";

export function Mails() {
  const t = useWords(texts);
  const read = useRead(LabMailedEvents, {});
  const [saved, setSaved] = useState(false);
  const { run, ...state } = useAction(LabMailedEventsChoose);

  async function choose(values: Values): Promise<void> {
    setSaved(false);
    setSaved((await run({ input: { events: ticked(values, "mailed", EVENTS) } })) !== null);
  }

  return (
    <Section id="mails" title={t.mails} lead={t.mailsLead}>
      {saved && <Notice kind="good">{t.mailsSaved}</Notice>}
      <Shown read={read}>
        {({ viewer }) => (
          <Form submit={t.saveMails} {...state} onSubmit={(values) => void choose(values)}>
            <ChecksField name="mailed" label={t.mailed} options={optionsOf(t.events, EVENTS)} initial={viewer.mailedEvents} />
          </Form>
        )}
      </Shown>
    </Section>
  );
}
