// The pages of members.

import { page, type PageRoute } from "../../app/route";
import { accountRoutes } from "./settings/routes";

const discussion = "/communities/:slug/discussions";

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
  { path: "/me/check-in", page: page(() => import("../diary/CheckInPage")), audience: "PATIENT" },
  { path: "/me/treatments", page: page(() => import("../treatments/ListPage")), audience: "PATIENT" },
  { path: "/me/treatments/new", page: page(() => import("../treatments/StartPage")), audience: "PATIENT" },
  { path: "/me/treatments/:id", page: page(() => import("../treatments/CoursePage")), audience: "PATIENT" },
  { path: "/me/own", page: page(() => import("../own/Page")), audience: "PATIENT" },
  { path: "/me/notifications", page: page(() => import("../notifications/Page")), audience: "PATIENT" },
  { path: "/communities", page: page(() => import("../community/ListPage")) },
  { path: `${discussion}/new`, page: page(() => import("../discussion/StartPage")), audience: "PATIENT" },
  { path: `${discussion}/:id`, page: page(() => import("../discussion/Page")), audience: "PATIENT" },
];
