// The application: everything but GraphiQL.

import "../base/base.css";

import { createRoot } from "react-dom/client";
import { keepFocus } from "../base/keptFocus";
import { demonstrationOf } from "../session/demoAccounts";
import { App } from "./App";
import { firstSession, SessionProvider } from "./session";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no root.");

keepFocus();
createRoot(root).render(
  <SessionProvider first={await firstSession()}><App demonstration={demonstrationOf(root)} /></SessionProvider>,
);
