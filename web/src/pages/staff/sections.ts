// The parts of the staff's pages, and the roles that may use each.

import type { StaffRole } from "../../../generated/manager";
import { texts } from "./texts";

export interface Section {
  path: string;
  name: keyof typeof texts.en.sections;
  roles: readonly StaffRole[];
}

export const SECTIONS: readonly Section[] = [
  { path: "/staff/flags", name: "flags", roles: ["MODERATOR"] },
  { path: "/staff/appeals", name: "appeals", roles: ["MODERATOR"] },
  { path: "/staff/members", name: "members", roles: ["MODERATOR"] },
  { path: "/staff/communities", name: "communities", roles: ["MODERATOR"] },
  { path: "/staff/surveys", name: "surveys", roles: ["SURVEY_MANAGER"] },
  { path: "/staff/waves", name: "waves", roles: ["SURVEY_MANAGER"] },
  { path: "/staff/licences", name: "licences", roles: ["DATA_STEWARD"] },
  { path: "/staff/organizations", name: "organizations", roles: ["DATA_STEWARD"] },
  { path: "/staff/catalogue", name: "catalogue", roles: ["CATALOGUE_EDITOR"] },
  { path: "/staff/proposals", name: "proposals", roles: ["CATALOGUE_EDITOR"] },
  { path: "/staff/translations", name: "translations", roles: ["CATALOGUE_EDITOR", "SURVEY_MANAGER"] },
  { path: "/staff/team", name: "team", roles: ["ADMINISTRATOR"] },
];

/** What somebody with these roles may use. */
export function sectionsOf(roles: readonly StaffRole[]): readonly Section[] {
  return SECTIONS.filter((section) => section.roles.some((role) => roles.includes(role)));
}
