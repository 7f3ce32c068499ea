// What the header leads to, for members.

import type { NavigationLink } from "../../app/navigation";
import { texts } from "./texts";

export const memberNavigation: readonly NavigationLink[] = [{ path: "/me", label: { en: texts.en.home, fr: texts.fr.home } }];
