// The pages of members.

import { page, type PageRoute } from "../../app/route";

export const memberRoutes: readonly PageRoute[] = [
  { path: "/me", page: page(() => import("./HomePage")), audience: "PATIENT" },
];
