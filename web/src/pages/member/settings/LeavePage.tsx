// Leaving the network: what is erased and what remains, and the deletion of the account.

import { Link, useLocation } from "wouter";
import { CheckField, MutationForm, PageTitle, TextField, useSession, useWords } from "../../../base";
import { Tabs } from "./Tabs";
import { AccountDelete } from "./patient/account";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const { refresh } = useSession();
  const [, navigate] = useLocation();

  async function leave(): Promise<void> {
    navigate("/me/deleted"); // first: nobody is signed in any more, and this page is a member’s
    await refresh();
  }

  return (
    <>
      <PageTitle>{t.leave}</PageTitle>
      <Tabs />
      <p>{t.leaveLead}</p>
      <h2>{t.erased}</h2>
      <ul>{t.erasedList.map((each) => <li key={each}>{each}</li>)}</ul>
      <h2>{t.remains}</h2>
      <ul>{t.remainsList.map((each) => <li key={each}>{each}</li>)}</ul>
      <p><Link href="/me/export">{t.exportFirst}</Link></p>
      <h2>{t.deleteAccount}</h2>
      <MutationForm
        kind="danger"
        submit={t.deleteNow}
        mutation={AccountDelete}
        input={({ password = "" }) => ({ password })}
        onDone={() => void leave()}
      >
        <TextField name="password" label={t.presentPassword} type="password" autoComplete="current-password" required />
        <CheckField name="sure" label={t.sure} required />
      </MutationForm>
    </>
  );
}
