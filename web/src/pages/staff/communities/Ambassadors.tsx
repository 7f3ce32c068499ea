// The ambassadors of a community: who they are, appointing one, and ending an appointment.

import { useState } from "react";
import type { AmbassadorSearchQuery, ModeratedCommunitiesQuery } from "../../../../generated/manager";
import {
  Form, isolated, MutationButton, Notice, Section, Shown, TextField, useDone, useRead, useWords,
} from "../../../base";
import { AmbassadorAppoint, Ambassadors as Read, AmbassadorSearch } from "./manager/communities";
import { texts } from "./texts";

type Community = ModeratedCommunitiesQuery["communities"]["nodes"][number];
type Member = Pick<NonNullable<AmbassadorSearchQuery["member"]>, "id" | "pseudonym">;

export function Ambassadors({ community }: { community: Community }) {
  const t = useWords(texts);
  const [forms, setForms] = useState(0); // it is empty again after each
  const [sought, setSought] = useState<string | null>(null);
  const read = useRead(Read, { slug: community.slug });
  const [done, finish] = useDone(() => (setSought(null), setForms(forms + 1), read.again()));
  return (
    <Section id="ambassadors" title={t.ambassadors} lead={t.ambassadorsLead}>
      {done}
      <Shown read={read}>{({ community: found }) => found?.ambassadors.length ? (
        <ul className="sequence">{found.ambassadors.map((member) => (
          <li key={member.id}>
            <span dir="auto">{member.pseudonym}</span>{" "}
            <Appoint community={community} member={member} appointed={false} onDone={() => finish(t.ended(isolated(member.pseudonym)))} />
          </li>
        ))}</ul>
      ) : (
        <p className="quiet">{t.noAmbassadors}</p>
      )}</Shown>
      <Form key={forms} submit={t.find} onSubmit={(values) => setSought(values["pseudonym"]?.trim() || null)}>
        <TextField name="pseudonym" label={t.pseudonym} hint={t.pseudonymHint} required autoComplete="off" />
      </Form>
      {sought && <Found key={sought} pseudonym={sought} community={community} onDone={(name) => finish(t.appointed(isolated(name)))} />}
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
  return (
    <MutationButton
      mutation={AmbassadorAppoint}
      label={appointed ? undefined : t.endOf(member.pseudonym)}
      input={{ community: community.id, member: member.id, appointed }}
      onDone={onDone}
    >
      {appointed ? t.appoint(member.pseudonym) : t.end}
    </MutationButton>
  );
}
