// The current view and the way to others, for the panels that GraphiQL renders without properties.

import { createContext, useContext } from "react";
import type { Audience, View } from "../graph/views";

export interface Viewing {
  audience: Audience;
  /** Enters a view, as this account of the demonstration if it is given. */
  enter: (view: View, email?: string) => void;
}

export const ViewingContext = createContext<Viewing>({ audience: "PUBLIC", enter: () => undefined });

export function useViewing(): Viewing {
  return useContext(ViewingContext);
}
