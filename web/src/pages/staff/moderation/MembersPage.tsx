// A member as moderators see them: suspension, verification of an association, and the alarms that lead here.
// The pseudonym that is looked up does not enter the address.

import { useState } from "react";
import type { MemberOverviewQuery } from "../../../../generated/manager";
import {
  Button, Facts, Form, isolated, MutationForm, Notice, Paged, Section, Shown, Table, TextField, useDone, useFormats,
  usePaged, useRead, useWords, type Fact,
} from "../../../base";
import { StaffPage } from "../StaffPage";
import { Suspend } from "./Suspend";
import { AssociationDecide, MemberCommunitiesAllow, MemberOverview, ReadingAlarms } from "./manager/moderation";
import { texts } from "./texts";

type Member = NonNullable<MemberOverviewQuery["member"]>;

export function Page() {
  const t = useWords(texts);
  const [sought, setSought] = useState("");
  return (
    <StaffPage title={t.members} section="members">
      <Form submit={t.find} onSubmit={(values) => setSought((values["pseudonym"] ?? "").trim())}>
        <TextField name="pseudonym" label={t.pseudonym} type="search" autoComplete="off" required />
      </Form>
      {sought && <Found key={sought} pseudonym={sought} />}
      <Alarms onOpen={setSought} />
    </StaffPage>
  );
}

function Alarms({ onOpen }: { onOpen: (pseudonym: string) => void }) {
  const t = useWords(texts);
  const { date } = useFormats();
  const list = usePaged(ReadingAlarms, {});
  return (
    <Section id="alarms" title={t.alarms} lead={t.alarmsLead}>
      <Paged list={list} of={(data) => data.readingAlerts}>{(alarms) => (
        <Table caption={t.alarms} rows={alarms} columns={[
          { title: t.day, cell: (each) => date(each.day) },
          { title: t.who, cell: ({ member }) => <Button kind="link" onClick={() => onOpen(member.pseudonym)}>{member.pseudonym}</Button> },
        ]} />
      )}</Paged>
    </Section>
  );
}

function Found({ pseudonym }: { pseudonym: string }) {
  const t = useWords(texts);
  const read = useRead(MemberOverview, { pseudonym });
  const [done, finish] = useDone(read.again);
  return (
    <section className="found" aria-live="polite">
      {done}
      <Shown read={read}>{({ member }) => (member ? <Known member={member} onDone={finish} /> : <Notice>{t.notFound}</Notice>)}</Shown>
    </section>
  );
}

function Known({ member, onDone }: { member: Member; onDone: (text: string) => void }) {
  const t = useWords(texts);
  const { date, time } = useFormats();
  const { suspension, association } = member;
  return (
    <>
      <h2 dir="auto">{member.pseudonym}</h2>
      <Facts facts={[
        [
          t.kind,
          <>
            {t.kinds[member.kind]} {association && <span className={member.verified ? "badge good" : "badge"}>{member.verified ? t.verified : t.notVerified}</span>}
          </>,
        ],
        [t.joined, date(member.joinedOn)],
        [t.communities, member.communities.map((each) => each.name).join(" · ") || "–"],
        [t.suspension, suspension ? `${suspension.until ? t.until(time(suspension.until)) : t.endless} · ${suspension.reason}` : t.noSuspension],
      ]} />
      {association && <Association member={member} association={association} onDone={() => onDone(t.verifyDone)} />}
      <details className="case">
        <summary>{suspension ? t.lift : t.suspendNow}</summary>
        <Suspend member={member.id} lifts={suspension !== null} onDone={() => onDone(suspension ? t.liftDone : t.suspendDone)} />
      </details>
      {!association && (
        <details className="case">
          <summary>{t.allow}</summary>
          <MutationForm
            submit={t.allowNow}
            mutation={MemberCommunitiesAllow}
            input={({ communities }) => ({ member: member.id, communities: Number(communities) })}
            onDone={() => onDone(t.allowDone)}
          >
            <TextField name="communities" label={t.allow} hint={t.allowHint} type="number" initial="0" required />
          </MutationForm>
        </details>
      )}
    </>
  );
}

function Association({ member, association, onDone }: { member: Member; association: NonNullable<Member["association"]>; onDone: () => void }) {
  const t = useWords(texts);
  const { time } = useFormats();
  const facts: Fact[] = [
    [t.fullName, association.fullName],
    [t.website, association.website],
    [t.email, association.email],
    [t.phone, association.phone],
    [t.address, association.postalAddress],
  ];
  return (
    <Section className="case" id="association" title={t.association} level={3}>
      <Facts facts={facts} />
      <MutationForm
        submit={member.verified ? t.withdraw : t.verify}
        mutation={AssociationDecide}
        input={({ reason = "" }) => ({ member: member.id, verified: !member.verified, reason })}
        onDone={onDone}
      >
        <TextField name="reason" label={t.checked} hint={t.checkedHint} rows={3} required />
      </MutationForm>
      {association.verifications.length > 0 && <h3>{t.history}</h3>}
      <ul>{association.verifications.map((each) => (
        <li key={each.id}>
          {time(each.createdAt)} · {each.verified ? t.verified : t.notVerified} · {[each.decidedBy, each.reason && isolated(each.reason)].filter(Boolean).join(" · ")}
        </li>
      ))}</ul>
    </Section>
  );
}
