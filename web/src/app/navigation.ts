// Where the header leads, by who has signed in.

import type { ComponentType } from "react";
import type { Audience } from "../graph/views";
import { texts as lab } from "../pages/lab/texts";
import { texts as member } from "../pages/member/texts";
import { UnreadCount } from "../pages/notifications/UnreadCount";
import { texts as notifications } from "../pages/notifications/texts";
import { texts as staff } from "../pages/staff/texts";
import type { Language } from "../text/words";

interface NavigationLink {
  path: string;
  label: (language: Language) => string;
  /** Shown after the label. */
  Count?: ComponentType;
}

/** The first is where a sign-in leads. */
export const NAVIGATION: Record<Audience, readonly NavigationLink[]> = {
  PUBLIC: [],
  PATIENT: [
    { path: "/me", label: (language) => member[language].home },
    { path: "/communities", label: (language) => member[language].communities },
    { path: "/me/surveys", label: (language) => member[language].surveys },
    { path: "/me/data", label: (language) => member[language].data },
    { path: "/me/notifications", label: (language) => notifications[language].title, Count: UnreadCount },
    { path: "/me/account", label: (language) => member[language].account },
  ],
  BUYER: [
    { path: "/lab", label: (language) => lab[language].datasets },
    { path: "/lab/insights", label: (language) => lab[language].uses },
    { path: "/lab/licences", label: (language) => lab[language].licences },
    { path: "/lab/keys", label: (language) => lab[language].toKeys },
    { path: "/lab/users", label: (language) => lab[language].users },
  ],
  MANAGER: [{ path: "/staff", label: (language) => staff[language].home }],
};

export function homeOf(audience: Audience): string {
  return NAVIGATION[audience][0]?.path ?? "/";
}
