// How staff and people of organizations sign in: their password and second factors.

import "./settings.css";

import { PageTitle, useWords } from "../../../base";
import { Factors } from "./Factors";
import { Password } from "./Password";
import { texts } from "./texts";

export function Page() {
  return (
    <>
      <PageTitle>{useWords(texts).proofs}</PageTitle>
      <Password />
      <Factors />
    </>
  );
}
