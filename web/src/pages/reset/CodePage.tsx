// A password for whoever has a code from a mail already: of an account that was opened for them, or a new password.

import { PageTitle, useWords } from "../../base";
import { SetPassword } from "./SetPassword";
import { ResetPassword } from "./public/reset";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  return (
    <>
      <PageTitle>{t.choose}</PageTitle>
      <SetPassword mutation={ResetPassword} words={t} submit={t.set} lead={<p>{t.enter}</p>} />
    </>
  );
}
