// The pages of organizations.

import { page, type PageRoute } from "../../app/route";

export const labRoutes: readonly PageRoute[] = [
  { path: "/lab", page: page(() => import("./datasets/DatasetsPage")), audience: "BUYER" },
  { path: "/lab/datasets/:id", page: page(() => import("./datasets/DatasetPage")), audience: "BUYER" },
  { path: "/lab/insights", page: page(() => import("./organization/UsesPage")), audience: "BUYER" },
  { path: "/lab/insights/:id", page: page(() => import("./insights/InsightPage")), audience: "BUYER" },
  { path: "/lab/insights/:id/beside/:other", page: page(() => import("./insights/ComparePage")), audience: "BUYER" },
  { path: "/lab/licences", page: page(() => import("./licences/LicencesPage")), audience: "BUYER" },
  { path: "/lab/licences/request", page: page(() => import("./licences/RequestPage")), audience: "BUYER" },
  { path: "/lab/keys", page: page(() => import("./organization/KeysPage")), audience: "BUYER" },
  { path: "/lab/security", page: page(() => import("../member/settings/ProofsPage")), audience: "BUYER" },
  { path: "/lab/users", page: page(() => import("./users/UsersPage")), audience: "BUYER" },
];
