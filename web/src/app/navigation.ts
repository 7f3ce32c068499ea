// Where the header leads, by who has signed in.

import type { ComponentType } from "react";
import type { Audience } from "../graph/views";
import { labNavigation } from "../pages/lab/navigation";
import { memberNavigation } from "../pages/member/navigation";
import { staffNavigation } from "../pages/staff/navigation";
import type { Words } from "../text/words";

export interface NavigationLink {
  path: string;
  label: Words<string>;
  /** Shown after the label. */
  Count?: ComponentType;
}

/** The first is where a sign-in leads. */
export const NAVIGATION: Record<Audience, readonly NavigationLink[]> = {
  PUBLIC: [],
  PATIENT: memberNavigation,
  BUYER: labNavigation,
  MANAGER: staffNavigation,
};

export function homeOf(audience: Audience): string {
  return NAVIGATION[audience][0]?.path ?? "/";
}
