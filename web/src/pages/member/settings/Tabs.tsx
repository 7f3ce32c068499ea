// Links between the pages of the member's account.

import { Places } from "../../../base/Places";
import { useWords } from "../../../text/words";
import { texts } from "./texts";

export function Tabs() {
  const t = useWords(texts);
  const places = [
    { path: "/me/account", label: t.profile },
    { path: "/me/relatives", label: t.relatives },
    { path: "/me/security", label: t.security },
    { path: "/me/leave", label: t.leave },
  ];
  return <Places label={t.account} places={places} />;
}
