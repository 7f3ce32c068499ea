// Leaving the organization, with the password.

import { useLocation } from "wouter";
import { useSession } from "../../../app/session";
import { CheckField, Form, Section, TextField } from "../../../base";
import { useAction } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { LabLeave } from "../buyer/users";
import { texts } from "./texts";

export function Leave() {
  const t = useWords(texts);
  const { refresh } = useSession();
  const [, navigate] = useLocation();
  const { run, ...state } = useAction(LabLeave);

  async function leave(password: string): Promise<void> {
    if (!(await run({ input: { password } }))) return;
    navigate("/"); // first: nobody is signed in any more, and this page is an organization's
    await refresh();
  }

  return (
    <Section id="leave" title={t.leave} lead={t.leaveLead}>
      <Form kind="danger" submit={t.leaveIt} {...state} onSubmit={(values) => void leave(values["password"] ?? "")}>
        <TextField name="password" label={t.password} type="password" autoComplete="current-password" required />
        <CheckField name="sure" label={t.leaveSure} required />
      </Form>
    </Section>
  );
}
