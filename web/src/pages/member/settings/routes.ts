// The pages of a member's account, and of relatives.

import { type PageRoute } from "../../../app/route";

export const accountRoutes: readonly PageRoute[] = [];
