// The pages of a member's account, and of relatives.

import { page, type PageRoute } from "../../../app/route";

export const accountRoutes: readonly PageRoute[] = [
  { path: "/me/account", page: page(() => import("./ProfilePage")), audience: "PATIENT" },
  { path: "/me/association", page: page(() => import("../../association/EditPage")), audience: "PATIENT" },
  { path: "/me/security", page: page(() => import("./SecurityPage")), audience: "PATIENT" },
  { path: "/me/deleted", page: page(() => import("./DeletedPage")) },
  { path: "/me/leave", page: page(() => import("./LeavePage")), audience: "PATIENT" },
  { path: "/me/relatives", page: page(() => import("../relatives/RelativesPage")), audience: "PATIENT" },
  { path: "/me/relatives/:id", page: page(() => import("../relatives/DiaryPage")), audience: "PATIENT" },
];
