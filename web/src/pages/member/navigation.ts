// What the header leads to, for members.

import type { NavigationLink } from "../../app/navigation";
import { UnreadCount } from "../notifications/UnreadCount";
import { texts as notifications } from "../notifications/texts";
import { texts } from "./texts";

export const memberNavigation: readonly NavigationLink[] = [
  { path: "/me", label: { en: texts.en.home, fr: texts.fr.home } },
  { path: "/communities", label: { en: texts.en.communities, fr: texts.fr.communities } },
  { path: "/me/surveys", label: { en: texts.en.surveys, fr: texts.fr.surveys } },
  { path: "/me/data", label: { en: texts.en.data, fr: texts.fr.data } },
  { path: "/me/notifications", label: { en: notifications.en.title, fr: notifications.fr.title }, Count: UnreadCount },
  { path: "/me/account", label: { en: texts.en.account, fr: texts.fr.account } },
];
