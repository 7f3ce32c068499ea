// The pages of organizations.

import { page, type PageRoute } from "../../app/route";

export const labRoutes: readonly PageRoute[] = [
  { path: "/lab", page: page(() => import("./HomePage")), audience: "BUYER" },
];
