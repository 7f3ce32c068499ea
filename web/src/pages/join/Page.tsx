// Accepts an invitation to an organization with the code from the mail, and chooses a password.

import { useWords, VisitorsPage } from "../../base";
import { SetPassword } from "../reset/SetPassword";
import { OrganizationJoin } from "./public/join";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  return (
    <VisitorsPage texts={t}>
      <SetPassword mutation={OrganizationJoin} words={t} submit={t.join} lead={<p>{t.lead}</p>} />
    </VisitorsPage>
  );
}

