// The pages of staff.

import type { ComponentType } from "react";
import { page, type PageProps, type PageRoute } from "../../app/route";

function staff(path: string, load: () => Promise<{ Page: ComponentType<PageProps> }>): PageRoute {
  return { path, page: page(load), audience: "MANAGER" };
}

export const staffRoutes: readonly PageRoute[] = [
  staff("/staff", () => import("./HomePage")),
  staff("/staff/security", () => import("../member/settings/ProofsPage")),
  staff("/staff/flags", () => import("./moderation/FlagsPage")),
  staff("/staff/appeals", () => import("./moderation/AppealsPage")),
  staff("/staff/members", () => import("./moderation/MembersPage")),
  staff("/staff/communities", () => import("./communities/CommunitiesPage")),
  staff("/staff/surveys", () => import("./surveys/SurveysPage")),
  staff("/staff/surveys/new", () => import("./surveys/NewSurveyPage")),
  staff("/staff/surveys/:id", () => import("./surveys/SurveyPage")),
  staff("/staff/waves", () => import("./waves/WavesPage")),
  staff("/staff/licences", () => import("./licences/LicencesPage")),
  staff("/staff/organizations", () => import("./organizations/OrganizationsPage")),
  staff("/staff/catalogue", () => import("./catalogue/CataloguePage")),
  staff("/staff/catalogue/:kind", () => import("./catalogue/CataloguePage")),
  staff("/staff/catalogue/:kind/new", () => import("./catalogue/NewEntryPage")),
  staff("/staff/catalogue/:kind/:id", () => import("./catalogue/EntryPage")),
  staff("/staff/proposals", () => import("./catalogue/ProposalsPage")),
  staff("/staff/translations", () => import("./catalogue/TranslationsPage")),
  staff("/staff/team", () => import("./team/TeamPage")),
];
