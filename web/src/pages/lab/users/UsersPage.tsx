// The organization's users: who they are, invitations, roles, removal, and leaving.

import "../lab.css";

import { useState } from "react";
import { Link } from "wouter";
import type { UserLineFragment } from "../../../../generated/buyer";
import { Notice, Pager, PageTitle, Shown, Table, usePages } from "../../../base";
import { useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { texts as settings } from "../../member/settings/texts";
import { ForRole, useMay } from "../ForRole";
import { LabUsers } from "../buyer/users";
import { texts as shared } from "../texts";
import { ChangeRole } from "./ChangeRole";
import { Invite } from "./Invite";
import { Leave } from "./Leave";
import { Remove } from "./Remove";
import { texts } from "./texts";

type Act = "change" | "remove";

export function Page() {
  const t = useWords(texts);
  const { users, roles } = useWords(shared);
  const { date } = useFormats();
  const pages = usePages();
  const read = useRead(LabUsers, { after: pages.after });
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
      <PageTitle>{users}</PageTitle>
      <p>{t.lead}</p>
      {done && <Notice kind="good">{done}</Notice>}
      <Shown read={read}>
        {({ organization }) => (
          <>
            <Table
              caption={users}
              rows={organization.users.nodes}
              keyOf={(user) => user.id}
              columns={[
                { title: t.address, cell: (user) => (user.isViewer ? `${user.email} (${t.you})` : user.email) },
                { title: t.role, cell: (user) => roles[user.role] },
                { title: t.status, cell: (user) => <Status user={user} /> },
                { title: t.signedIn, cell: (user) => (user.lastSignedInOn ? date(user.lastSignedInOn) : t.never) },
                ...(manages
                  ? [{ title: t.actions, cell: (user: UserLineFragment) => <Acts user={user} onPress={(act) => setAsked({ act, user })} /> }]
                  : []),
              ]}
            />
            <Pager pages={pages} pageInfo={organization.users.pageInfo} />
          </>
        )}
      </Shown>
      <ForRole least="ADMINISTRATOR"><Invite onSent={(email) => end(t.sent(email))} /></ForRole>
      <Leave />
      <p className="after-form"><Link href="/lab/security">{useWords(settings).proofs}</Link></p>
      {asked?.act === "change" && <ChangeRole user={asked.user} onClose={(changed) => end(changed ? t.changed : null)} />}
      {asked?.act === "remove" && <Remove user={asked.user} onClose={(removed) => end(removed ? t.removed : null)} />}
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
  return (
    <>
      <div>
        <button type="button" className="link" aria-label={t.changeOf(user.email)} onClick={() => onPress("change")}>
          {t.change}
        </button>
      </div>
      {!user.isViewer && (
        <div>
          <button type="button" className="link" aria-label={t.removeOne(user.email)} onClick={() => onPress("remove")}>
            {t.remove}
          </button>
        </div>
      )}
    </>
  );
}
