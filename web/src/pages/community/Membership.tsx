// Joins and leaves a community. Before somebody joins, it shows what others will see of it.

import { useState } from "react";
import { Button, Confirm, Form, Section, TextField } from "../../base";
import { useAction } from "../../graph/hooks";
import { useFormats, useWords } from "../../text/words";
import { CommunityJoin, CommunityLeave } from "./patient/community";
import { texts } from "./texts";

interface Props {
  me: { readonly sharing: "ONLY_ME" | "MY_COMMUNITIES" | "ALL_MEMBERS"; readonly member: { readonly pseudonym: string; readonly kind: string } };
  community: { readonly id: string; readonly status: string; readonly viewerMembership: { readonly joinedOn: string } | null };
}

export function Membership({ me, community }: Props) {
  const t = useWords(texts);
  const { date } = useFormats();
  const [leaving, setLeaving] = useState(false);
  if (community.viewerMembership) {
    return (
      <div className="form-end">
        <span>{t.joined(date(community.viewerMembership.joinedOn))}</span>
        <Button onClick={() => setLeaving(true)}>{t.leave}</Button>
        {leaving && <Leave community={community.id} onClose={() => setLeaving(false)} />}
      </div>
    );
  }
  return community.status === "OPEN" ? <Join me={me} community={community.id} /> : null;
}

function Join({ me, community }: { me: Props["me"]; community: string }) {
  const t = useWords(texts);
  const { run, ...state } = useAction(CommunityJoin);
  const join = (year: string | undefined): void => void run({ input: { community, ...(year && { diagnosedIn: Number(year) }) } });
  return (
    <Section className="panel" id="join" title={t.joinTitle} lead={t.shows[me.sharing](me.member.pseudonym)}>
      <p>{t.moderators}</p>
      <Form submit={t.join} {...state} onSubmit={(values) => join(values["diagnosedIn"])}>
        {me.member.kind === "PATIENT" && (
          <TextField name="diagnosedIn" type="number" inputMode="numeric" label={t.diagnosed} hint={t.diagnosedHint} />
        )}
      </Form>
    </Section>
  );
}

function Leave({ community, onClose }: { community: string; onClose: () => void }) {
  const t = useWords(texts);
  const { run, ...state } = useAction(CommunityLeave);
  return (
    <Confirm title={t.leaveTitle} action={t.leave} {...state} onConfirm={() => void run({ input: { community } })} onClose={onClose}>
      {t.leaveText}
    </Confirm>
  );
}
