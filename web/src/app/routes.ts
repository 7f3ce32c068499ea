// All pages of the application, each with its address. The first whose path matches is shown.
//
// The build tells the server these paths (vite.config.ts): any other address is answered with the status 404.

import type { ComponentType } from "react";
import type { Audience } from "../graph/views";
import { Page as Landing } from "../pages/landing/Page";
import { Page as SignIn } from "../pages/sign-in/Page";
import { page, type PageProps, type PageRoute } from "./route";

type Pages = Record<string, () => Promise<{ Page: ComponentType<PageProps> }>>;

const FOR_EVERYBODY: Pages = {
  "/register": () => import("../pages/register/Page"),
  "/verify": () => import("../pages/register/VerifyPage"),
  "/reset": () => import("../pages/reset/Page"),
  "/reset/code": () => import("../pages/reset/CodePage"),
  "/revert": () => import("../pages/revert/Page"),
  "/join": () => import("../pages/join/Page"),
  "/ledger": () => import("../pages/ledger/Page"),
  "/ledger/:id": () => import("../pages/ledger/EntryPage"),
  "/terms": () => import("../pages/legal/TermsPage"),
  "/privacy": () => import("../pages/legal/PrivacyPage"),
  "/communities": () => import("../pages/community/ListPage"),
  "/communities/:slug": () => import("../pages/community/Page"),
  "/associations/:id": () => import("../pages/association/Page"),
  "/me/deleted": () => import("../pages/member/settings/DeletedPage"),
};

const FOR_MEMBERS: Pages = {
  "/me": () => import("../pages/member/HomePage"),
  "/me/check-in": () => import("../pages/diary/CheckInPage"),
  "/me/treatments": () => import("../pages/treatments/ListPage"),
  "/me/treatments/new": () => import("../pages/treatments/StartPage"),
  "/me/treatments/:id": () => import("../pages/treatments/CoursePage"),
  "/me/own": () => import("../pages/own/Page"),
  "/me/surveys": () => import("../pages/member/surveys/SurveysPage"),
  "/me/surveys/:id": () => import("../pages/member/surveys/SurveyPage"),
  "/me/data": () => import("../pages/member/data/UsesPage"),
  "/me/data/:id": () => import("../pages/member/data/UsePage"),
  "/me/consents": () => import("../pages/member/data/ConsentsPage"),
  "/me/reads": () => import("../pages/member/data/ReadsPage"),
  "/me/export": () => import("../pages/member/data/ExportPage"),
  "/me/notifications": () => import("../pages/notifications/Page"),
  "/me/account": () => import("../pages/member/settings/ProfilePage"),
  "/me/association": () => import("../pages/association/EditPage"),
  "/me/relatives": () => import("../pages/member/relatives/RelativesPage"),
  "/me/relatives/:id": () => import("../pages/member/relatives/DiaryPage"),
  "/me/security": () => import("../pages/member/settings/SecurityPage"),
  "/me/leave": () => import("../pages/member/settings/LeavePage"),
  "/communities/:slug/discussions/new": () => import("../pages/discussion/StartPage"),
  "/communities/:slug/discussions/:id": () => import("../pages/discussion/Page"),
};

const FOR_ORGANIZATIONS: Pages = {
  "/lab": () => import("../pages/lab/datasets/DatasetsPage"),
  "/lab/datasets/:id": () => import("../pages/lab/datasets/DatasetPage"),
  "/lab/insights": () => import("../pages/lab/organization/UsesPage"),
  "/lab/insights/:id": () => import("../pages/lab/insights/InsightPage"),
  "/lab/insights/:id/beside/:other": () => import("../pages/lab/insights/ComparePage"),
  "/lab/licences": () => import("../pages/lab/licences/LicencesPage"),
  "/lab/licences/request": () => import("../pages/lab/licences/RequestPage"),
  "/lab/keys": () => import("../pages/lab/organization/KeysPage"),
  "/lab/security": () => import("../pages/member/settings/ProofsPage"),
  "/lab/users": () => import("../pages/lab/users/UsersPage"),
};

const FOR_STAFF: Pages = {
  "/staff": () => import("../pages/staff/HomePage"),
  "/staff/security": () => import("../pages/member/settings/ProofsPage"),
  "/staff/flags": () => import("../pages/staff/moderation/FlagsPage"),
  "/staff/appeals": () => import("../pages/staff/moderation/AppealsPage"),
  "/staff/members": () => import("../pages/staff/moderation/MembersPage"),
  "/staff/communities": () => import("../pages/staff/communities/CommunitiesPage"),
  "/staff/surveys": () => import("../pages/staff/surveys/SurveysPage"),
  "/staff/surveys/new": () => import("../pages/staff/surveys/NewSurveyPage"),
  "/staff/surveys/:id": () => import("../pages/staff/surveys/SurveyPage"),
  "/staff/waves": () => import("../pages/staff/waves/WavesPage"),
  "/staff/licences": () => import("../pages/staff/licences/LicencesPage"),
  "/staff/organizations": () => import("../pages/staff/organizations/OrganizationsPage"),
  "/staff/catalogue": () => import("../pages/staff/catalogue/CataloguePage"),
  "/staff/catalogue/:kind": () => import("../pages/staff/catalogue/CataloguePage"),
  "/staff/catalogue/:kind/new": () => import("../pages/staff/catalogue/NewEntryPage"),
  "/staff/catalogue/:kind/:id": () => import("../pages/staff/catalogue/EntryPage"),
  "/staff/proposals": () => import("../pages/staff/catalogue/ProposalsPage"),
  "/staff/translations": () => import("../pages/staff/catalogue/TranslationsPage"),
  "/staff/team": () => import("../pages/staff/team/TeamPage"),
};

export const routes: readonly PageRoute[] = [
  { path: "/", page: Landing },
  { path: "/sign-in", page: SignIn },
  ...routesOf(FOR_EVERYBODY),
  ...routesOf(FOR_MEMBERS, "PATIENT"),
  ...routesOf(FOR_ORGANIZATIONS, "BUYER"),
  ...routesOf(FOR_STAFF, "MANAGER"),
  { page: page(() => import("../pages/not-found/Page")) },
];

function routesOf(pages: Pages, audience?: Audience): PageRoute[] {
  return Object.entries(pages).map(([path, load]) => ({ path, page: page(load), ...(audience && { audience }) }));
}
