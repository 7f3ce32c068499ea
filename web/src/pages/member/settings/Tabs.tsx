// Links between the pages of the member's account.

import { Places, useRead, useWords } from "../../../base";
import { MyKind } from "./patient/account";
import { texts } from "./texts";

export function Tabs() {
  const t = useWords(texts);
  const isAssociation = useRead(MyKind, {}).data?.me.member.kind === "ASSOCIATION";
  const places = [
    { path: "/me/account", label: t.profile },
    ...(isAssociation ? [{ path: "/me/association", label: t.ourPage }] : []),
    { path: "/me/relatives", label: t.relatives },
    { path: "/me/security", label: t.security },
    { path: "/me/leave", label: t.leave },
  ];
  return <Places label={t.account} places={places} />;
}
