// What is shown once an account is deleted, when nobody is signed in any more.

import { useLocation } from "wouter";
import { Button, Notice, PageTitle, useWords } from "../../../base";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const [, navigate] = useLocation();
  return (
    <>
      <PageTitle>{t.gone}</PageTitle>
      <Notice kind="good">{t.goneHint}</Notice>
      <Button kind="primary" onClick={() => navigate("/")}>{t.toStart}</Button>
    </>
  );
}
