// The pages of staff.

import { page, type PageRoute } from "../../app/route";

export const staffRoutes: readonly PageRoute[] = [
  { path: "/staff", page: page(() => import("./HomePage")), audience: "MANAGER" },
];
