// A page for whoever has not signed in: others are asked to sign out first.

import type { ReactNode } from "react";
import { useSession } from "../app/session";
import { Button } from "./Button";
import { Notice } from "./Notice";
import { PageTitle } from "./PageTitle";

interface Texts {
  title: string;
  signedIn: string;
  signOut: string;
}

export function VisitorsPage({ texts, children }: { texts: Texts; children: ReactNode }) {
  const { audience, leave } = useSession();
  return (
    <>
      <PageTitle>{texts.title}</PageTitle>
      {audience === "PUBLIC" ? (
        children
      ) : (
        <Notice><p>{texts.signedIn}</p><Button onClick={() => void leave()}>{texts.signOut}</Button></Notice>
      )}
    </>
  );
}
