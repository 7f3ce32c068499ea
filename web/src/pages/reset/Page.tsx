// A new password, with a code from a mail.

import { useState } from "react";
import { Link } from "wouter";
import { DemonstrationMail, Form, Notice, PageTitle, TextField } from "../../base";
import { useAction } from "../../graph/hooks";
import { useWords } from "../../text/words";
import { SetPassword } from "./SetPassword";
import { RequestPasswordReset } from "./public/reset";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const [email, setEmail] = useState<string | null>(null);
  const { run, ...state } = useAction(RequestPasswordReset);

  async function ask(address: string): Promise<void> {
    if (await run({ input: { email: address } })) setEmail(address);
  }

  return (
    <>
      <PageTitle>{t.title}</PageTitle>
      {email === null ? (
        <>
          <p>{t.lead}</p>
          <Form submit={t.request} {...state} onSubmit={(values) => void ask(values["email"] ?? "")}>
            <TextField name="email" label={t.email} type="email" autoComplete="username" required />
          </Form>
          <p className="after-form"><Link href="/reset/code">{t.hasCode}</Link></p>
        </>
      ) : (
        <SetPassword
          lead={<><Notice>{t.sent(email)}</Notice><DemonstrationMail /></>}
        />
      )}
    </>
  );
}
