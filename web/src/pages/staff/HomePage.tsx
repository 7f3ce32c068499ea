// The first page after a sign-in.

import { PageTitle } from "../../base/PageTitle";
import { useWords } from "../../text/words";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  return (
    <>
      <PageTitle>{t.home}</PageTitle>
      <p>{t.welcome}</p>
    </>
  );
}
