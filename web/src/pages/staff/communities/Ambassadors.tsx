// The ambassadors of a community: who they are, appointing one, and ending an appointment.

import { useState } from "react";
import { Button, Done, Form, Notice, Refused, Section, Shown, TextField } from "../../../base";
import { useAction, useRead } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { AmbassadorAppoint, Ambassadors as Read, AmbassadorSearch } from "./manager/communities";
import { texts } from "./texts";

interface Community {
  readonly id: string;
  readonly slug: string;
}

interface Member {
  readonly id: string;
  readonly pseudonym: string;
}

export function Ambassadors({ community }: { community: Community }) {
  const t = useWords(texts);
  const [done, setDone] = useState<string | null>(null);
  const [sought, setSought] = useState<string | null>(null);
  const read = useRead(Read, { slug: community.slug });
  const finish = (text: string): void => {
    setDone(text);
    setSought(null);
    read.again();
  };
  return (
    <Section id="ambassadors" title={t.ambassadors} lead={t.ambassadorsLead}>
      {done && <Done key={done}>{done}</Done>}
      <Shown read={read}>
        {({ community: found }) =>
          found?.ambassadors.length ? (
            <ul className="sequence">
              {found.ambassadors.map((member) => (
                <li key={member.id}>
                  <span>{member.pseudonym}</span> <Appoint community={community} member={member} appointed={false} onDone={() => finish(t.ended(member.pseudonym))} />
                </li>
              ))}
            </ul>
          ) : (
            <p className="quiet">{t.noAmbassadors}</p>
          )
        }
      </Shown>
      <Form key={done} submit={t.find} onSubmit={(values) => setSought(values["pseudonym"]?.trim() || null)}>
        <TextField name="pseudonym" label={t.pseudonym} hint={t.pseudonymHint} required autoComplete="off" />
      </Form>
      {sought && <Found key={sought} pseudonym={sought} community={community} onDone={(name) => finish(t.appointed(name))} />}
    </Section>
  );
}

function Found({ pseudonym, community, onDone }: { pseudonym: string; community: Community; onDone: (name: string) => void }) {
  const t = useWords(texts);
  const read = useRead(AmbassadorSearch, { pseudonym });
  return (
    <div aria-live="polite">
      <Shown read={read}>
        {({ member }) =>
          member ? <Appoint community={community} member={member} appointed onDone={() => onDone(member.pseudonym)} /> : <Notice>{t.notFound}</Notice>
        }
      </Shown>
    </div>
  );
}

function Appoint({ community, member, appointed, onDone }: { community: Community; member: Member; appointed: boolean; onDone: () => void }) {
  const t = useWords(texts);
  const { run, busy, ...state } = useAction(AmbassadorAppoint);
  async function change(): Promise<void> {
    if (await run({ input: { community: community.id, member: member.id, appointed } })) onDone();
  }
  return (
    <>
      <Button busy={busy} label={appointed ? undefined : t.endOf(member.pseudonym)} onClick={() => void change()}>
        {appointed ? t.appoint(member.pseudonym) : t.end}
      </Button>
      <Refused {...state} />
    </>
  );
}
