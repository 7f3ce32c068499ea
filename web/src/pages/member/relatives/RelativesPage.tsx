// Relatives who keep the member's diary, and patients whose diary they keep: invitations, their acceptance and their end.

import { useState } from "react";
import { Link as PageLink } from "wouter";
import { Button, Confirm, Form, Notice, PageTitle, Refused, Section, Shown, TextField, type Values } from "../../../base";
import { useAction, useRead } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
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
  const accept = useAction(CareLinkAccept);
  const end = useAction(CareLinkEnd);
  const [asks, setAsks] = useState(false);
  const name = link[side].pseudonym;
  const invited = link.status === "INVITED";
  return (
    <>
      <strong>{name}</strong>
      <p>{invited ? t.invited[side] : t.accepted[side]}</p>
      <Refused refusals={accept.refusals} failure={accept.failure} />
      <div className="form-end after-form">
        {side === "patient" && invited && (
          <Button kind="primary" busy={accept.busy} onClick={() => void accept.run({ careLink: link.id })}>
            {t.accept}
          </Button>
        )}
        {side === "patient" && !invited && (
          <PageLink href={`/me/relatives/${link.id}`} className="button primary">
            {t.openDiary}
          </PageLink>
        )}
        <Button kind="danger" onClick={() => setAsks(true)}>
          {!invited ? t.end : side === "patient" ? t.decline : t.takeBack}
        </Button>
      </div>
      {asks && (
        <Confirm title={name} action={t.end} {...end} onConfirm={() => void end.run({ careLink: link.id })} onClose={() => setAsks(false)}>
          {t.endMeans}
        </Confirm>
      )}
    </>
  );
}

function Invite({ onInvited }: { onInvited: () => void }) {
  const t = useWords(texts);
  const { run, ...state } = useAction(CareLinkInvite);
  const [invited, setInvited] = useState<readonly string[]>([]);

  async function invite({ pseudonym = "" }: Values): Promise<void> {
    if (!(await run({ pseudonym }))) return;
    setInvited([...invited, pseudonym]);
    onInvited(); // the first link is of no type that the list had
  }

  return (
    <>
      <h3>{t.invite}</h3>
      {invited.length > 0 && <Notice kind="good">{t.invitedNow(invited.at(-1) ?? "")}</Notice>}
      <Form key={invited.length} submit={t.inviteNow} {...state} onSubmit={(values) => void invite(values)}>
        <TextField name="pseudonym" label={t.pseudonym} hint={t.pseudonymHint} required />
      </Form>
    </>
  );
}
