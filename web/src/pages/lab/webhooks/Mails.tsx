// The events of which the person who has signed in gets mail.

import { ChecksField, MutationForm, optionsOf, Section, Shown, ticked, useRead, useWords } from "../../../base";
import { LabMailedEvents, LabMailedEventsChoose } from "../buyer/webhooks";
import { EVENTS } from "./events";
import { texts } from "./texts";

export function Mails() {
  const t = useWords(texts);
  const read = useRead(LabMailedEvents, {});
  return (
    <Section id="mails" title={t.mails} lead={t.mailsLead}>
      <Shown read={read}>{({ viewer }) => (
        <MutationForm
          submit={t.saveMails}
          mutation={LabMailedEventsChoose}
          input={(values) => ({ events: ticked(values, "mailed", EVENTS) })}
          done={t.mailsSaved}
        >
          <ChecksField name="mailed" label={t.mailed} options={optionsOf(t.events, EVENTS)} initial={viewer.mailedEvents} />
        </MutationForm>
      )}</Shown>
    </Section>
  );
}
