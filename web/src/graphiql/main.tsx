// The page /graphiql: GraphiQL on one graph in four views.

import "./workers";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./graphiql.css";

import { createRoot } from "react-dom/client";
import { loadSchemas } from "../graph/views";
import { demonstrationOf } from "../session/demoAccounts";
import { currentAudience } from "../session/session";
import { App } from "./App";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no root.");
const page = createRoot(root);

// GraphiQL loads its editor once it is rendered: begun here, it arrives beside the schemas.
void import("monaco-graphql/esm/monaco-editor.js");

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
