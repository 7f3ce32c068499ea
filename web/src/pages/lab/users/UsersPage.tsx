// The organization's users: who they are, invitations, roles, removal, and leaving.

import "../lab.css";

import { useState } from "react";
import { Link } from "wouter";
import type { UserLineFragment, UserRole } from "../../../../generated/buyer";
import { Dialog, MutationConfirm, MutationForm, Notice, Paged, PageTitle, Table, usePaged } from "../../../base";
import { useFormats, useWords } from "../../../text/words";
import { texts as settings } from "../../member/settings/texts";
import { ForRole, useMay } from "../ForRole";
import { LabUserRemove, LabUsers, LabUserUpdate } from "../buyer/users";
import { texts as shared } from "../texts";
import { Invite } from "./Invite";
import { Leave } from "./Leave";
import { RoleField } from "./RoleField";
import { texts } from "./texts";

type Act = "change" | "remove";

export function Page() {
  const t = useWords(texts);
  const { users, roles } = useWords(shared);
  const { date } = useFormats();
  const read = usePaged(LabUsers, {});
  const manages = useMay("ADMINISTRATOR");
  const [asked, setAsked] = useState<{ act: Act; user: UserLineFragment } | null>(null);
  const [done, setDone] = useState<string | null>(null);

  function end(text: string | null): void {
    setAsked(null);
    setDone(text);
    if (text) read.again();
  }

  return (
    <>
      <PageTitle lead={t.lead}>{users}</PageTitle>
      {done && <Notice kind="good">{done}</Notice>}
      <Paged list={read} of={(data) => data.organization.users}>{(people) => (
        <Table caption={users} rows={people} columns={[
          { title: t.address, cell: (user) => (user.isViewer ? `${user.email} (${t.you})` : user.email) },
          { title: t.role, cell: (user) => roles[user.role] },
          { title: t.status, cell: (user) => <Status user={user} /> },
          { title: t.signedIn, cell: (user) => (user.lastSignedInOn ? date(user.lastSignedInOn) : t.never) },
          ...(manages
            ? [{ title: t.actions, cell: (user: UserLineFragment) => <Acts user={user} onPress={(act) => setAsked({ act, user })} /> }]
            : []),
        ]} />
      )}</Paged>
      <ForRole least="ADMINISTRATOR"><Invite onSent={(email) => end(t.sent(email))} /></ForRole>
      <Leave />
      <p className="after-form"><Link href="/lab/security">{useWords(settings).proofs}</Link></p>
      {asked?.act === "change" && (
        <Dialog title={t.changeTitle(asked.user.email)} onClose={() => end(null)}>
          <MutationForm
            submit={t.changeIt}
            mutation={LabUserUpdate}
            input={({ role }) => ({ user: asked.user.id, role: role as UserRole })}
            onDone={() => end(t.changed)}
          >
            <RoleField initial={asked.user.role} />
          </MutationForm>
        </Dialog>
      )}
      {asked?.act === "remove" && (
        <MutationConfirm
          title={t.sure(asked.user.email)}
          action={t.yes}
          mutation={LabUserRemove}
          input={{ user: asked.user.id }}
          onClose={() => end(null)}
          onDone={() => end(t.removed)}
        >
          {asked.user.status === "INVITED" ? t.cancelEffect : t.effect}
        </MutationConfirm>
      )}
    </>
  );
}

function Status({ user }: { user: UserLineFragment }) {
  const t = useWords(texts);
  const { time } = useFormats();
  return user.status === "INVITED" && user.expiresAt ? t.invited(time(user.expiresAt)) : t.active;
}

function Acts({ user, onPress }: { user: UserLineFragment; onPress: (act: Act) => void }) {
  const t = useWords(texts);
  const link = (act: Act, label: string) => (
    <div><button type="button" className="link" aria-label={label} onClick={() => onPress(act)}>{t[act]}</button></div>
  );
  return <>{link("change", t.changeOf(user.email))}{!user.isViewer && link("remove", t.removeOne(user.email))}</>;
}
