// All pages of the application. The first whose path matches the address is shown.
//
// The server has to know the first part of each path: see PLACES in server/http/pages.py.

import { labRoutes } from "../pages/lab/routes";
import { Page as Landing } from "../pages/landing/Page";
import { memberRoutes } from "../pages/member/routes";
import { Page as SignIn } from "../pages/sign-in/Page";
import { staffRoutes } from "../pages/staff/routes";
import { page, type PageRoute } from "./route";

export const routes: readonly PageRoute[] = [
  { path: "/", page: Landing },
  { path: "/sign-in", page: SignIn },
  { path: "/register", page: page(() => import("../pages/register/Page")) },
  { path: "/verify", page: page(() => import("../pages/register/VerifyPage")) },
  { path: "/reset", page: page(() => import("../pages/reset/Page")) },
  { path: "/reset/code", page: page(() => import("../pages/reset/CodePage")) },
  { path: "/revert", page: page(() => import("../pages/revert/Page")) },
  { path: "/join", page: page(() => import("../pages/join/Page")) },
  { path: "/ledger", page: page(() => import("../pages/ledger/Page")) },
  { path: "/ledger/:id", page: page(() => import("../pages/ledger/EntryPage")) },
  { path: "/terms", page: page(() => import("../pages/legal/TermsPage")) },
  { path: "/privacy", page: page(() => import("../pages/legal/PrivacyPage")) },
  ...memberRoutes,
  ...labRoutes,
  ...staffRoutes,
  { path: "/associations/:id", page: page(() => import("../pages/association/Page")) },
  { path: "/communities/:slug", page: page(() => import("../pages/community/Page")) },
  { page: page(() => import("../pages/not-found/Page")) },
];
