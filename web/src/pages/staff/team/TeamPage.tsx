// The staff: their roles, whether they have a second factor, invitations and suspensions.

import { useState } from "react";
import type { StaffRole, TeamQuery } from "../../../../generated/manager";
import {
  Button, ChecksField, LOCALES, MutationButton, MutationForm, optionsOf, Paged, Section, SelectField, TextField,
  ticked, useDone, useFormats, usePaged, useWords,
} from "../../../base";
import { StaffPage } from "../StaffPage";
import { texts as staffTexts } from "../texts";
import { Team, TeamChange, TeamInvite, TeamReinstate, TeamSuspend } from "./manager/team";
import { texts } from "./texts";

const ROLES = ["SURVEY_MANAGER", "MODERATOR", "DATA_STEWARD", "CATALOGUE_EDITOR", "ADMINISTRATOR"] as const satisfies readonly StaffRole[];

type Person = TeamQuery["staff"]["nodes"][number];

export function Page() {
  return <StaffPage title={useWords(texts).team} section="team"><People /></StaffPage>;
}

function People() {
  const t = useWords(texts);
  const s = useWords(staffTexts);
  const list = usePaged(Team, {});
  const [done, finish] = useDone(list.again);
  return (
    <>
      {done}
      <Paged list={list} of={(data) => data.staff}>
        {(people, { viewer }) =>
          people.map((person) => (
            <Entry key={person.id} person={person} isViewer={person.id === viewer.staff?.id} onDone={() => finish(t.changed)} />
          ))
        }
      </Paged>
      <Section id="invite" title={t.invite} lead={t.inviteLead}>
        <MutationForm
          resets
          submit={t.inviteNow}
          mutation={TeamInvite}
          input={({ name = "", email = "", locale = null, ...values }) => ({ name, email, locale, roles: ticked(values, "roles", ROLES) })}
          onDone={(_, { name = "" }) => finish(t.invited(name))}
        >
          <TextField name="name" label={t.name} required autoComplete="off" />
          <TextField name="email" label={t.email} type="email" required autoComplete="off" />
          <ChecksField name="roles" label={t.roles} options={optionsOf(s.roles, ROLES)} initial={[]} />
          <SelectField name="locale" label={t.locale} options={optionsOf(t.locales, [LOCALES.fr, LOCALES.en])} />
        </MutationForm>
      </Section>
    </>
  );
}

function Entry({ person, isViewer, onDone }: { person: Person; isViewer: boolean; onDone: () => void }) {
  const t = useWords(texts);
  const s = useWords(staffTexts);
  const { date } = useFormats();
  const [changing, setChanging] = useState(false);
  const [priorRoles, setPriorRoles] = useState<StaffRole[]>([]); // when the form was opened
  const suspended = person.status === "SUSPENDED";
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
        <Button expanded={changing} onClick={() => (setPriorRoles([...person.roles, ...person.withheldRoles]), setChanging(!changing))}>{t.change}</Button>
        {!isViewer && (
          <MutationButton
            kind={suspended ? "plain" : "danger"}
            mutation={suspended ? TeamReinstate : TeamSuspend}
            input={{ staff: person.id }}
            onDone={onDone}
          >
            {suspended ? t.reinstate : t.suspend}
          </MutationButton>
        )}
      </div>
      {changing && (
        <MutationForm
          submit={t.save}
          mutation={TeamChange}
          input={(values) => ({ staff: person.id, name: values["name"] ?? "", roles: ticked(values, "roles", ROLES), priorRoles })}
          onDone={() => (setChanging(false), onDone())}
        >
          <TextField name="name" label={t.name} required initial={person.name} />
          <ChecksField
            name="roles"
            label={t.roles}
            options={optionsOf(s.roles, ROLES)}
            initial={priorRoles}
          />
        </MutationForm>
      )}
    </article>
  );
}

