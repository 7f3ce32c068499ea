// A page that outlasts its session: what was typed into it is there again for whoever signs in again, and for nobody else.

import { useEffect, useState, type ReactNode } from "react";
import type { Audience } from "../graph/views";
import { Page as SignIn } from "../pages/sign-in/Page";
import { useSession } from "./session";

export function Kept({ needed, children }: { needed: Audience | undefined; children: ReactNode }) {
  const { interrupted, letGo } = useSession();
  const goesOn = interrupted && !needed; // everybody may read the page
  useEffect(() => {
    if (goesOn) letGo();
  }, [goesOn, letGo]);
  return (
    <>
      {interrupted && needed && <SignInAgain needed={needed} />}
      <div className="kept" hidden={interrupted}>{children}</div>
    </>
  );
}

function SignInAgain({ needed }: { needed: Audience }) {
  const [title] = useState(() => document.title); // the page's
  useEffect(() => {
    return () => {
      document.title = title;
    };
  }, [title]);
  return <SignIn needed={needed} />;
}
