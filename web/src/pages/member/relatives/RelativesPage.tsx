// Relatives who keep the member's diary, and patients whose diary they keep: invitations, their acceptance and their end.

import { Link as PageLink } from "wouter";
import {
  ConfirmButton, isolated, MutationButton, MutationForm, PageTitle, Section, Shown, TextField, useDone, useRead,
  useWords,
} from "../../../base";
import { Tabs } from "../settings/Tabs";
import { CareLinkAccept, CareLinkEnd, CareLinkInvite, MyRelatives, type LinkFragment } from "./patient/relatives";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = useRead(MyRelatives, {});
  return (
    <>
      <PageTitle>{t.title}</PageTitle>
      <Tabs />
      <Shown read={read}>{({ me }) => {
        const links = me.careLinks.filter((link) => link.status !== "ENDED");
        const mine = links.filter((link) => link.patient.id === me.member.id);
        const others = links.filter((link) => link.relative.id === me.member.id);
        return (
          <>
            {(me.member.kind === "PATIENT" || mine.length > 0) && (
              <Section id="mine" title={t.mine} lead={t.mineLead}>
                <Links links={mine} side="relative" />
                <Invite onInvited={read.again} />
              </Section>
            )}
            {(me.member.kind !== "PATIENT" || others.length > 0) && (
              <Section id="others" title={t.others} lead={t.othersLead}>
                <Links links={others} side="patient" />
              </Section>
            )}
          </>
        );
      }}</Shown>
      <p className="after-form"><PageLink href="/me/reads">{t.toReads}</PageLink></p>
    </>
  );
}

/** Links, by the person on the other side of each. */
function Links({ links, side }: { links: readonly LinkFragment[]; side: "patient" | "relative" }) {
  const t = useWords(texts);
  if (links.length === 0) return <p className="quiet">{t.none}</p>;
  return (
    <ul className="cards">
      {links.map((link) => <li key={link.id} className="card"><Linked link={link} side={side} /></li>)}
    </ul>
  );
}

function Linked({ link, side }: { link: LinkFragment; side: "patient" | "relative" }) {
  const t = useWords(texts);
  const name = link[side].pseudonym;
  const invited = link.status === "INVITED";
  const input = { careLink: link.id };
  return (
    <>
      <strong dir="auto">{name}</strong>
      <p>{invited ? t.invited[side] : t.accepted[side]}</p>
      <div className="form-end after-form">
        {side === "patient" && invited && <MutationButton kind="primary" mutation={CareLinkAccept} input={input}>{t.accept}</MutationButton>}
        {side === "patient" && !invited && <PageLink href={`/me/relatives/${link.id}`} className="button primary">{t.openDiary}</PageLink>}
        <ConfirmButton
          button={!invited ? t.end : side === "patient" ? t.decline : t.takeBack}
          title={name}
          action={t.end}
          mutation={CareLinkEnd}
          input={input}
        >
          {t.endMeans}
        </ConfirmButton>
      </div>
    </>
  );
}

function Invite({ onInvited }: { onInvited: () => void }) {
  const t = useWords(texts);
  const [done, finish] = useDone(onInvited); // the first link is of no type that the list had
  return (
    <>
      <h3>{t.invite}</h3>
      {done}
      <MutationForm
        resets
        submit={t.inviteNow}
        mutation={CareLinkInvite}
        input={({ pseudonym = "" }) => ({ pseudonym })}
        onDone={(_, { pseudonym = "" }) => finish(t.invitedNow(isolated(pseudonym)))}
      >
        <TextField name="pseudonym" label={t.pseudonym} hint={t.pseudonymHint} required />
      </MutationForm>
    </>
  );
}
