// Links between the pages about the member's data.

import { Places, useWords } from "../../../base";
import { texts } from "./texts";

export function Tabs() {
  const t = useWords(texts);
  const places = [
    { path: "/me/data", label: t.uses },
    { path: "/me/consents", label: t.consents },
    { path: "/me/reads", label: t.reads },
    { path: "/me/export", label: t.export },
  ];
  return <Places label={t.section} places={places} />;
}
