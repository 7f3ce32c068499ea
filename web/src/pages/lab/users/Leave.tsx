// Leaving the organization, with the password.

import { useLocation } from "wouter";
import { useSession } from "../../../app/session";
import { CheckField, TextField } from "../../../base/Field";
import { Form } from "../../../base/Form";
import { useAction } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { LabLeave } from "../buyer/users";
import { texts } from "./texts";

export function Leave() {
  const t = useWords(texts);
  const { refresh } = useSession();
  const [, navigate] = useLocation();
  const { run, ...state } = useAction(LabLeave, (data) => data.organizationLeave);

  async function leave(password: string): Promise<void> {
    if (!(await run({ input: { password } }))) return;
    navigate("/"); // first: nobody is signed in any more, and this page is an organization's
    await refresh();
  }

  return (
    <section aria-labelledby="leave">
      <h2 id="leave">{t.leave}</h2>
      <p>{t.leaveLead}</p>
      <Form kind="danger" submit={t.leaveIt} {...state} onSubmit={(values) => void leave(values["password"] ?? "")}>
        <TextField name="password" label={t.password} type="password" autoComplete="current-password" required />
        <CheckField name="sure" label={t.leaveSure} required />
      </Form>
    </section>
  );
}
