// Takes an account back whose address somebody else has changed, with the code from the mail to the previous address.

import { useWords, VisitorsPage } from "../../base";
import { SetPassword } from "../reset/SetPassword";
import { EmailChangeRevert } from "./public/revert";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  return (
    <VisitorsPage texts={t}>
      <SetPassword
        mutation={EmailChangeRevert}
        words={t}
        submit={t.revert}
        lead={<><p>{t.lead}</p><p>{t.ends}</p></>}
        check={t.check}
      />
    </VisitorsPage>
  );
}

