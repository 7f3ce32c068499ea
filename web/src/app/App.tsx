// The frame of the application, and in it the page of the address.

import { createContext, Suspense, useContext } from "react";
import { Route, Switch, useLocation } from "wouter";
import { Loading } from "../base";
import { Layout } from "../base/Layout";
import { Problem } from "../base/Problem";
import { Page as SignIn } from "../pages/sign-in/Page";
import type { Demonstration } from "../session/demoAccounts";
import { Kept } from "./Kept";
import { routes } from "./routes";
import { useSession } from "./session";

const DemonstrationContext = createContext<Demonstration | null>(null);

export function useDemonstration(): Demonstration | null {
  return useContext(DemonstrationContext);
}

export function App({ demonstration }: { demonstration: Demonstration | null }) {
  const { id, audience } = useSession();
  const [path] = useLocation();
  return (
    <DemonstrationContext value={demonstration}>
      <Layout>
        <Problem key={`${id} ${path}`}>
          <Suspense fallback={<Loading />}>
            <Switch>{routes.map(({ path: pattern, page: Page, audience: needed }) => (
              <Route key={pattern ?? "else"} {...(pattern && { path: pattern })}>
                {(found) =>
                  needed && needed !== audience ? (
                    <SignIn needed={needed} />
                  ) : (
                    <Kept needed={needed}><Page parameters={found as Record<string, string>} /></Kept>
                  )
                }
              </Route>
            ))}</Switch>
          </Suspense>
        </Problem>
      </Layout>
    </DemonstrationContext>
  );
}
