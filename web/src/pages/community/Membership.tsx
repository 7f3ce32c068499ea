// Joins and leaves a community. Before somebody joins, it shows what others will see of it.

import type { MemberCommunityQuery } from "../../../generated/patient";
import { ConfirmButton, isolated, MutationForm, Section, TextField, useFormats, useWords } from "../../base";
import { CommunityJoin, CommunityLeave } from "./patient/community";
import { texts } from "./texts";

interface Props {
  me: MemberCommunityQuery["me"];
  community: NonNullable<MemberCommunityQuery["community"]>;
}

export function Membership({ me, community }: Props) {
  const t = useWords(texts);
  const { date } = useFormats();
  if (community.viewerMembership) {
    return (
      <div className="form-end">
        <span>{t.joined(date(community.viewerMembership.joinedOn))}</span>
        <ConfirmButton
          kind="plain"
          button={t.leave}
          title={t.leaveTitle}
          action={t.leave}
          mutation={CommunityLeave}
          input={{ community: community.id }}
        >
          {t.leaveText}
        </ConfirmButton>
      </div>
    );
  }
  return community.status === "OPEN" ? <Join me={me} community={community.id} /> : null;
}

function Join({ me, community }: { me: Props["me"]; community: string }) {
  const t = useWords(texts);
  return (
    <Section className="panel" id="join" title={t.joinTitle} lead={t.shows[me.sharing](isolated(me.member.pseudonym))}>
      <p>{t.moderators}</p>
      <MutationForm
        submit={t.join}
        mutation={CommunityJoin}
        input={({ diagnosedIn: year }) => ({ community, ...(year && { diagnosedIn: Number(year) }) })}
      >
        {me.member.kind === "PATIENT" && (
          <TextField name="diagnosedIn" type="number" inputMode="numeric" label={t.diagnosed} hint={t.diagnosedHint} />
        )}
      </MutationForm>
    </Section>
  );
}

