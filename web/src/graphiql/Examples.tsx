// The panel of examples: operations that work in the current view, each with a sentence.

import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from "@graphiql/react";
import { viewOf, VIEWS, type View } from "../graph/views";
import { useViewing } from "./audience";
import { examplesOf, type Example } from "./exampleFiles";
import { Prose } from "./Prose";

/** As in graphiql.css: where the panel covers the editor. */
const NARROW = "(max-width: 48rem)";

export const examplesPlugin: GraphiQLPlugin = { title: "Examples", icon: ExamplesIcon, content: Examples };

function Examples() {
  const current = viewOf(useViewing().audience);
  return (
    <section className="examples" aria-label="Examples">
      <h2>Examples</h2>
      <p>What {current.people} can do. A click opens an operation in a tab.</p>
      <List view={current} />
      <p>What others can do. A click also opens their view.</p>
      {VIEWS.filter((view) => view !== current).map((view) => (
        <details key={view.name} data-view={view.name}>
          <summary>{view.label}</summary>
          <List view={view} />
        </details>
      ))}
    </section>
  );
}

function List({ view }: { view: View }) {
  const { enter } = useViewing();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const isBlank = useGraphiQL((state) => !state.queryEditor?.getValue().trim());
  const { addTab, setVisiblePlugin } = useGraphiQLActions();

  function open(example: Example): void {
    enter(view, example.account);
    if (!isBlank) addTab();
    queryEditor?.setValue(example.text);
    queryEditor?.focus();
    if (matchMedia(NARROW).matches) setVisiblePlugin(null);
  }

  return (
    <ul>{examplesOf(view.audience).map((example) => (
      <li key={example.name}>
        <button type="button" onClick={() => open(example)}>
          <strong>{example.title}</strong>
          <span className={`kind ${example.kind}`}>{example.kind}</span>
          <span><Prose text={example.sentence} /></span>
        </button>
      </li>
    ))}</ul>
  );
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M5 3.75h14v16.5H5z M8.5 8.25h7 M8.5 12h7 M8.5 15.75h4" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
