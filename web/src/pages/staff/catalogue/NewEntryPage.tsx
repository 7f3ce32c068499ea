// A new entry of the catalogue.

import { Link, useLocation } from "wouter";
import type { PageProps } from "../../../app/route";
import { Form, type Values } from "../../../base";
import { useAction } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { StaffPage } from "../StaffPage";
import { EntryFields } from "./EntryFields";
import { EntryPicker } from "./EntryPicker";
import { CATALOGUE, kindOf, type Kind } from "./kinds";
import { texts } from "./texts";
import { changes } from "./values";

export function Page({ parameters }: PageProps) {
  const t = useWords(texts);
  const kind = kindOf(parameters["kind"]);
  return (
    <StaffPage title={t.create[kind]} section="catalogue">
      <p>
        <Link href={`/staff/catalogue/${kind}`}>{t.back}</Link>
      </p>
      <New key={kind} kind={kind} />
    </StaffPage>
  );
}

function New({ kind }: { kind: Kind }) {
  const t = useWords(texts);
  const [, navigate] = useLocation();
  const { create, fields } = CATALOGUE[kind];
  const { run, ...state } = useAction(create);
  async function save(values: Values): Promise<void> {
    const condition = kind === "communities" && { condition: values["condition"] ?? "" };
    const made = await run({ input: { ...changes(values, {}, fields), ...condition } });
    if (made?.entry) navigate(`/staff/catalogue/${kind}/${encodeURIComponent(made.entry.id)}`);
  }
  return (
    <Form submit={t.createNow} {...state} onSubmit={(values) => void save(values)}>
      {kind === "communities" && <EntryPicker kind="conditions" name="condition" label={t.fields.condition} />}
      <EntryFields fields={fields} values={{}} />
    </Form>
  );
}
