// The first page after a sign-in: what is due today, and the viewer's curves.

import "../diary/diary.css";

import { PageTitle, useWords } from "../../base";
import { Curves } from "../diary/Curves";
import { Due } from "../diary/Due";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  return (
    <>
      <PageTitle>{t.home}</PageTitle>
      <Due />
      <Curves />
    </>
  );
}
