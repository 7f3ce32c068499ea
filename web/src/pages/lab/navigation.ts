// What the header leads to, for organizations.

import type { NavigationLink } from "../../app/navigation";
import { texts } from "./texts";

export const labNavigation: readonly NavigationLink[] = [
  { path: "/lab", label: { en: texts.en.datasets, fr: texts.fr.datasets } },
  { path: "/lab/insights", label: { en: texts.en.uses, fr: texts.fr.uses } },
  { path: "/lab/licences", label: { en: texts.en.licences, fr: texts.fr.licences } },
  { path: "/lab/keys", label: { en: texts.en.toKeys, fr: texts.fr.toKeys } },
  { path: "/lab/users", label: { en: texts.en.users, fr: texts.fr.users } },
];
