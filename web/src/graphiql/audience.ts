// The current view, for the panels that GraphiQL renders without properties.

import { createContext, useContext } from "react";
import type { Audience } from "../graph/views";

export const AudienceContext = createContext<Audience>("PUBLIC");

export function useAudience(): Audience {
  return useContext(AudienceContext);
}
