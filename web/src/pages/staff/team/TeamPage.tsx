// The staff: their roles, whether they have a second factor, invitations and suspensions.

import { useState } from "react";
import type { StaffRole, TeamQuery } from "../../../../generated/manager";
import {
  Button, ChecksField, Done, Form, optionsOf, Pager, Refused, Section, SelectField, Shown, TextField, ticked,
  usePages, type Values,
} from "../../../base";
import { useAction, useRead } from "../../../graph/hooks";
import { LOCALES, useFormats, useWords } from "../../../text/words";
import { StaffPage } from "../StaffPage";
import { texts as staffTexts } from "../texts";
import { Team, TeamChange, TeamInvite, TeamReinstate, TeamSuspend } from "./manager/team";
import { texts } from "./texts";

const ROLES = ["SURVEY_MANAGER", "MODERATOR", "DATA_STEWARD", "CATALOGUE_EDITOR", "ADMINISTRATOR"] as const satisfies readonly StaffRole[];

type Person = TeamQuery["staff"]["nodes"][number];

export function Page() {
  const t = useWords(texts);
  return <StaffPage title={t.team} section="team"><People /></StaffPage>;
}

function People() {
  const t = useWords(texts);
  const [done, setDone] = useState<string | null>(null);
  const pages = usePages();
  const read = useRead(Team, { after: pages.after });
  const finish = (text: string): void => {
    setDone(text);
    read.again();
  };
  return (
    <>
      {done && <Done>{done}</Done>}
      <Shown read={read}>
        {({ viewer, staff: { nodes, pageInfo } }) => (
          <>
            {nodes.map((person) => (
              <Entry key={person.id} person={person} isViewer={person.id === viewer.staff?.id} onDone={() => finish(t.changed)} />
            ))}
            <Pager pages={pages} pageInfo={pageInfo} />
          </>
        )}
      </Shown>
      <Invite onDone={(name) => finish(t.invited(name))} />
    </>
  );
}

function Entry({ person, isViewer, onDone }: { person: Person; isViewer: boolean; onDone: () => void }) {
  const t = useWords(texts);
  const s = useWords(staffTexts);
  const { date } = useFormats();
  const [changing, setChanging] = useState(false);
  const named = (roles: readonly StaffRole[]): string => roles.map((role) => s.roles[role]).join(", ");
  return (
    <article className="case" aria-labelledby={`title-${person.id}`}>
      <h2 id={`title-${person.id}`}>
        {person.name} <span className={person.status === "ACTIVE" ? "badge good" : "badge"}>{t.statuses[person.status]}</span>{" "}
        <span className={person.hasSecondFactor ? "badge good" : "badge bad"}>{person.hasSecondFactor ? t.factor : t.noFactor}</span>{" "}
        {isViewer && <span className="badge">{t.you}</span>}
      </h2>
      <p>{named(person.roles) || t.noRoles}</p>
      {person.withheldRoles.length > 0 && <p className="quiet">{t.withheld(named(person.withheldRoles))}</p>}
      <p className="quiet">{person.lastSignedInOn ? t.signedIn(date(person.lastSignedInOn)) : t.never}</p>
      <div className="actions">
        <button type="button" className="button plain" aria-expanded={changing} onClick={() => setChanging(!changing)}>
          {t.change}
        </button>
        {!isViewer && <Suspension person={person} onDone={onDone} />}
      </div>
      {changing && <Change person={person} onDone={() => (setChanging(false), onDone())} />}
    </article>
  );
}

function Change({ person, onDone }: { person: Person; onDone: () => void }) {
  const t = useWords(texts);
  const s = useWords(staffTexts);
  const { run, ...state } = useAction(TeamChange);
  async function change(values: Values): Promise<void> {
    if (await run({ input: { staff: person.id, name: values["name"] ?? "", roles: ticked(values, "roles", ROLES) } })) onDone();
  }
  return (
    <Form submit={t.save} {...state} onSubmit={(values) => void change(values)}>
      <TextField name="name" label={t.name} required initial={person.name} />
      <ChecksField
        name="roles"
        label={t.roles}
        options={optionsOf(s.roles, ROLES)}
        initial={[...person.roles, ...person.withheldRoles]}
      />
    </Form>
  );
}

function Suspension({ person, onDone }: { person: Person; onDone: () => void }) {
  const t = useWords(texts);
  const suspended = person.status === "SUSPENDED";
  const suspend = useAction(TeamSuspend);
  const reinstate = useAction(TeamReinstate);
  const { run, ...state } = suspended ? reinstate : suspend;
  async function change(): Promise<void> {
    if (await run({ input: { staff: person.id } })) onDone();
  }
  return (
    <>
      <Button kind={suspended ? "plain" : "danger"} busy={state.busy} onClick={() => void change()}>
        {suspended ? t.reinstate : t.suspend}
      </Button>
      <Refused {...state} />
    </>
  );
}

function Invite({ onDone }: { onDone: (name: string) => void }) {
  const t = useWords(texts);
  const s = useWords(staffTexts);
  const [sent, setSent] = useState(0);
  const { run, ...state } = useAction(TeamInvite);
  async function invite(values: Values): Promise<void> {
    const { name = "", email = "", locale = null } = values;
    if (!(await run({ input: { name, email, locale, roles: ticked(values, "roles", ROLES) } }))) return;
    setSent(sent + 1);
    onDone(name);
  }
  return (
    <Section id="invite" title={t.invite} lead={t.inviteLead}>
      <Form key={sent} submit={t.inviteNow} {...state} onSubmit={(values) => void invite(values)}>
        <TextField name="name" label={t.name} required autoComplete="off" />
        <TextField name="email" label={t.email} type="email" required autoComplete="off" />
        <ChecksField name="roles" label={t.roles} options={optionsOf(s.roles, ROLES)} initial={[]} />
        <SelectField name="locale" label={t.locale} options={optionsOf(t.locales, [LOCALES.fr, LOCALES.en])} />
      </Form>
    </Section>
  );
}
