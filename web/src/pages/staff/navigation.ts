// What the header leads to, for staff.

import type { NavigationLink } from "../../app/navigation";
import { texts } from "./texts";

export const staffNavigation: readonly NavigationLink[] = [{ path: "/staff", label: { en: texts.en.home, fr: texts.fr.home } }];
