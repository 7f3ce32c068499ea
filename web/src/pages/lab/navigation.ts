// What the header leads to, for organizations.

import type { NavigationLink } from "../../app/navigation";
import { texts } from "./texts";

export const labNavigation: readonly NavigationLink[] = [{ path: "/lab", label: { en: texts.en.home, fr: texts.fr.home } }];
