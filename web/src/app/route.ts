// A page of the application, at an address.

import { lazy, type ComponentType } from "react";
import { doubt } from "../graph/reach";
import type { Audience } from "../graph/views";

export interface PageProps {
  /** Of the address: `/communities/:slug` has a `slug`. */
  parameters: Record<string, string>;
}

export interface PageRoute {
  /** Without one, the page is that of every other address. */
  path?: string;
  page: ComponentType<PageProps>;
  /** Who may open it: everybody else is offered to sign in. Without one, everybody may. */
  audience?: Audience;
}

/** A page that is loaded when it is first opened. Its file exports it as `Page`. */
export function page(load: () => Promise<{ Page: ComponentType<PageProps> }>): ComponentType<PageProps> {
  return lazy(async () => ({ default: (await load().catch(explain)).Page }));
}

/** Says that the server is away if that is why a page could not be loaded. */
async function explain(error: unknown): Promise<never> {
  await doubt();
  throw error;
}
