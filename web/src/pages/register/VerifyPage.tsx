// The page at `/verify`, for whoever has a code and has closed the page in which they registered.

import { Verify } from "./Verify";

export function Page() {
  return <Verify />;
}
