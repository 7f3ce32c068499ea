// GraphiQL itself, with the schema of the current view.

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import type { GraphiQLPlugin } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { useMemo, useRef, useState } from "react";
import { isEnded } from "../graph/send";
import type { Audience, Schemas } from "../graph/views";
import { ViewingContext, type Viewing } from "./audience";
import { examplesPlugin } from "./Examples";
import { createFetcher } from "./fetcher";
import { Measured, type Measures } from "./Measured";
import { safeStorage } from "./safeStorage";

interface Props {
  audience: Audience;
  schemas: Schemas;
  /** An example of this view is opened. */
  onEnter: Viewing["enter"];
  onEnded: () => void;
}

const WELCOME = `# One graph, four views: choose one above.
# Schema and documentation change with it.
# The sidebar has examples of each.

query Search {
  communities(search: "epilepsy") {
    nodes {
      name
      memberCount
    }
  }
}
`;
const PLUGINS: GraphiQLPlugin[] = [examplesPlugin, explorerPlugin(), HISTORY_PLUGIN];

export function Explorer({ audience, schemas, onEnter, onEnded }: Props) {
  const [measures, setMeasures] = useState<Measures | null>(null);
  const ended = useRef(onEnded);
  ended.current = onEnded;
  const storage = useMemo(() => safeStorage(localStorage, schemas), [schemas]);
  const fetcher = useMemo(
    () =>
      createFetcher((result, measured) => {
        setMeasures(measured);
        if (isEnded(result)) ended.current();
      }),
    [],
  );
  return (
    <ViewingContext value={{ audience, enter: onEnter }}>
    <GraphiQL
      fetcher={fetcher}
      schema={schemas(audience)}
      dangerouslyAssumeSchemaIsValid
      storage={storage}
      plugins={PLUGINS}
      defaultQuery={WELCOME}
      isHeadersEditorEnabled={false}
      shouldPersistHeaders={false}
      inputValueDeprecation
    >
      <GraphiQL.Logo><span /></GraphiQL.Logo>
      <GraphiQL.Footer><Measured measures={measures} /></GraphiQL.Footer>
    </GraphiQL>
    </ViewingContext>
  );
}
