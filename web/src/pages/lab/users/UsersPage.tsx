// The organization's users: who they are, invitations, roles, removal, and leaving.

import "../lab.css";

import { Link } from "wouter";
import type { UserLineFragment, UserRole } from "../../../../generated/buyer";
import {
  ConfirmButton, DialogButton, MutationForm, Paged, PageTitle, Table, useDone, useFormats, usePaged, useWords,
} from "../../../base";
import { texts as settings } from "../../member/settings/texts";
import { ForRole, useMay } from "../ForRole";
import { LabUserRemove, LabUsers, LabUserUpdate } from "../buyer/users";
import { texts as shared } from "../texts";
import { Invite } from "./Invite";
import { Leave } from "./Leave";
import { RoleField } from "./RoleField";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const { users, roles } = useWords(shared);
  const { date } = useFormats();
  const read = usePaged(LabUsers, {});
  const manages = useMay("ADMINISTRATOR");
  const [done, finish] = useDone(read.again);
  return (
    <>
      <PageTitle lead={t.lead}>{users}</PageTitle>
      {done}
      <Paged list={read} of={(data) => data.organization.users}>{(people) => (
        <Table caption={users} rows={people} columns={[
          { title: t.address, cell: (user) => (user.isViewer ? `${user.email} (${t.you})` : user.email) },
          { title: t.role, cell: (user) => roles[user.role] },
          { title: t.status, cell: (user) => <Status user={user} /> },
          { title: t.signedIn, cell: (user) => (user.lastSignedInOn ? date(user.lastSignedInOn) : t.never) },
          ...(manages ? [{ title: t.actions, cell: (user: UserLineFragment) => <Acts user={user} onDone={finish} /> }] : []),
        ]} />
      )}</Paged>
      <ForRole least="ADMINISTRATOR"><Invite onSent={(email) => finish(t.sent(email))} /></ForRole>
      <Leave />
      <p className="after-form"><Link href="/lab/security">{useWords(settings).proofs}</Link></p>
    </>
  );
}

function Status({ user }: { user: UserLineFragment }) {
  const t = useWords(texts);
  const { time } = useFormats();
  return user.status === "INVITED" && user.expiresAt ? t.invited(time(user.expiresAt)) : t.active;
}

/** What administrators can do with a user. `onDone` is called with what was done, in words. */
function Acts({ user: { id, email, role, status, isViewer }, onDone }: { user: UserLineFragment; onDone: (text: string) => void }) {
  const t = useWords(texts);
  return (
    <>
      <DialogButton kind="link" button={t.change} label={t.changeOf(email)} title={t.changeTitle(email)}>{(close) => (
        <MutationForm
          submit={t.changeIt}
          mutation={LabUserUpdate}
          input={(values) => ({ user: id, role: values["role"] as UserRole })}
          onDone={() => (close(), onDone(t.changed))}
        >
          <RoleField initial={role} />
        </MutationForm>
      )}</DialogButton>
      <br />
      {!isViewer && (
        <ConfirmButton
          kind="link"
          button={t.remove}
          label={t.removeOne(email)}
          title={t.sure(email)}
          action={t.yes}
          mutation={LabUserRemove}
          input={{ user: id }}
          onDone={() => onDone(t.removed)}
        >
          {status === "INVITED" ? t.cancelEffect : t.effect}
        </ConfirmButton>
      )}
    </>
  );
}
