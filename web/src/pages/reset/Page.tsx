// A new password, with a code from a mail.

import { useState } from "react";
import { Link } from "wouter";
import { DemonstrationMail, MutationForm, Notice, PageTitle, TextField, useWords } from "../../base";
import { SetPassword } from "./SetPassword";
import { RequestPasswordReset, ResetPassword } from "./public/reset";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const [email, setEmail] = useState<string | null>(null);
  return (
    <>
      <PageTitle>{t.title}</PageTitle>
      {email === null ? (
        <>
          <p>{t.lead}</p>
          <MutationForm
            submit={t.request}
            mutation={RequestPasswordReset}
            input={(values) => ({ email: values["email"] ?? "" })}
            onDone={(_, values) => setEmail(values["email"] ?? "")}
          >
            <TextField name="email" label={t.email} type="email" autoComplete="username" required />
          </MutationForm>
          <p className="after-form"><Link href="/reset/code">{t.hasCode}</Link></p>
        </>
      ) : (
        <SetPassword
          mutation={ResetPassword}
          words={t}
          submit={t.set}
          lead={<><Notice>{t.sent(email)}</Notice><DemonstrationMail /></>}
        />
      )}
    </>
  );
}
