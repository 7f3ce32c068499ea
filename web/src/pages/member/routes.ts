// The pages of members.

import { page, type PageRoute } from "../../app/route";
import { accountRoutes } from "./settings/routes";

export const memberRoutes: readonly PageRoute[] = [
  { path: "/me", page: page(() => import("./HomePage")), audience: "PATIENT" },
  { path: "/me/surveys", page: page(() => import("./surveys/SurveysPage")), audience: "PATIENT" },
  { path: "/me/surveys/:id", page: page(() => import("./surveys/SurveyPage")), audience: "PATIENT" },
  { path: "/me/data", page: page(() => import("./data/UsesPage")), audience: "PATIENT" },
  { path: "/me/data/:id", page: page(() => import("./data/UsePage")), audience: "PATIENT" },
  { path: "/me/consents", page: page(() => import("./data/ConsentsPage")), audience: "PATIENT" },
  { path: "/me/reads", page: page(() => import("./data/ReadsPage")), audience: "PATIENT" },
  { path: "/me/export", page: page(() => import("./data/ExportPage")), audience: "PATIENT" },
  ...accountRoutes,
];
