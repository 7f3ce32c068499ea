// The page /graphiql: GraphiQL on one graph in four views.

import "./workers";
import "@graphiql/react/font/fira-code.css";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "@graphiql/plugin-explorer/style.css";
import "./graphiql.css";
// GraphiQL imports its editor once it is rendered: imported here, it arrives with the page.
import "monaco-graphql/esm/lite.js";

import { createRoot } from "react-dom/client";
import { loadSchemas } from "../graph/views";
import { demonstrationOf } from "../session/demoAccounts";
import { currentAudience } from "../session/session";
import { App } from "./App";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no root.");
const page = createRoot(root);

try {
  const [audience, schemas] = await Promise.all([currentAudience(), loadSchemas()]);
  page.render(<App first={audience} schemas={schemas} demonstration={demonstrationOf(root)} />);
} catch (error) {
  page.render(
    <main className="failed">
      <h1>GraphiQL could not start</h1>
      <p role="alert">{error instanceof Error ? error.message : String(error)}</p>
      <button type="button" onClick={() => location.reload()}>Try again</button>
    </main>,
  );
}
