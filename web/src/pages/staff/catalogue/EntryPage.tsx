// An entry of the catalogue: its fields to edit, its state, and its latest changes.

import "../surveys/surveys.css";

import { useEffect, useState } from "react";
import { Link } from "wouter";
import {
  Button, Done, Form, Notice, Section, Shown, Table, useAction, useFormats, useRead, useWords, type PageProps,
  type Values,
} from "../../../base";
import { StaffPage } from "../StaffPage";
import { CommunityLists } from "./CommunityLists";
import { EntryFields } from "./EntryFields";
import { EntryState } from "./EntryState";
import { CATALOGUE, kindOf, type Field, type Kind } from "./kinds";
import { CatalogueEntry, CatalogueHistory } from "./manager/catalogue";
import { texts } from "./texts";
import { changes, namesOf, valuesOf, type Entry } from "./values";

export function Page({ parameters }: PageProps) {
  const t = useWords(texts);
  const kind = kindOf(parameters["kind"]);
  const read = useRead(CatalogueEntry, { id: decodeURIComponent(parameters["id"] ?? "") });
  const node = read.data?.node;
  const entry = node && "version" in node && node.__typename.toLowerCase() === CATALOGUE[kind].entry ? (node as Entry) : null;
  return (
    <StaffPage title={entry?.name ?? t.catalogue} section="catalogue">
      <p>
        <Link href={`/staff/catalogue/${kind}`}>{t.back}</Link>
      </p>
      <Shown read={read}>{() => (entry ? <Edited key={entry.id} kind={kind} entry={entry} again={read.again} /> : <Notice>{t.unknown}</Notice>)}</Shown>
    </StaffPage>
  );
}

function Edited({ kind, entry, again }: { kind: Kind; entry: Entry; again: () => void }) {
  const t = useWords(texts);
  const { update, fields: all, entry: argument } = CATALOGUE[kind];
  const fields = all.filter((field) => !field.once);
  const [opened, setOpened] = useState(entry); // what the form began with
  const [version, setVersion] = useState(entry.version); // that a change is made to
  const [saving, setSaving] = useState(false); // until the entry as saved is there
  const [done, setDone] = useState(0);
  const { run, ...state } = useAction(update);
  const conflict = !saving && entry.version !== version;

  function begin(): void {
    setOpened(entry);
    setVersion(entry.version);
  }

  useEffect(() => {
    if (!saving || entry.version === version) return;
    begin();
    setSaving(false);
  }, [saving, entry]);

  async function save(values: Values): Promise<void> {
    setDone(0);
    const input = { [argument]: entry.id, version, ...changes(values, valuesOf(opened, fields), fields) };
    if (await run(input)) {
      setSaving(true);
      setDone(done + 1);
    }
    again(); // a version that was refused is shown beside what was typed
  }

  return (
    <>
      {done > 0 && <Done key={done}>{t.saved}</Done>}
      {conflict && <Conflict opened={opened} entry={entry} fields={fields} onKeep={() => setVersion(entry.version)} onTake={begin} />}
      <Form key={opened.version} submit={t.save} {...state} onSubmit={(values) => void save(values)}>
        <EntryFields fields={fields} values={valuesOf(opened, fields)} />
      </Form>
      <EntryState kind={kind} entry={entry} onDone={() => (setSaving(true), again())} />
      {"status" in entry && entry.status !== "MERGED" && (
        <CommunityLists community={entry.id} version={entry.version} onDone={() => (setSaving(true), setDone(done + 1), again())} />
      )}
      <History key={`history-${entry.version}`} subject={entry.id} />
    </>
  );
}

interface ConflictProps {
  opened: Entry;
  entry: Entry;
  fields: readonly Field[];
  onKeep: () => void;
  onTake: () => void;
}

/** What somebody else has changed, and how to go on. */
function Conflict({ opened, entry, fields, onKeep, onTake }: ConflictProps) {
  const t = useWords(texts);
  const before = valuesOf(opened, fields);
  const now = valuesOf(entry, fields);
  const rows = fields.flatMap((field) => namesOf(field).map((name) => ({ name, label: name === field.name ? t.fields[field.name] : t.french(t.fields[field.name]) })));
  return (
    <Notice kind="fault">
      <p>{t.conflict}</p>
      <Table
        caption={t.conflict}
        rows={rows.filter(({ name }) => before[name] !== now[name])}
        keyOf={(row) => row.name}
        columns={[
          { title: t.field, cell: (row) => row.label },
          { title: t.before, cell: (row) => before[row.name] },
          { title: t.theirs, cell: (row) => now[row.name] },
        ]}
      />
      <p>{t.keepHint}</p>
      <div className="actions">
        <Button onClick={onKeep}>{t.keep}</Button>
        <Button onClick={onTake}>{t.take}</Button>
      </div>
    </Notice>
  );
}

function History({ subject }: { subject: string }) {
  const t = useWords(texts);
  const { time } = useFormats();
  const read = useRead(CatalogueHistory, { subject });
  return (
    <Section id="history" title={t.history}>
      <Shown read={read}>{({ catalogueChanges: { nodes } }) => (
        <Table caption={t.history} rows={nodes} columns={[
          { title: t.when, cell: (each) => time(each.changedAt) },
          { title: t.by, cell: (each) => each.changedBy ?? "–" },
          { title: t.field, cell: (each) => each.field ?? "–" },
          { title: t.from, cell: (each) => each.before ?? "–" },
          { title: t.to, cell: (each) => each.after ?? "–" },
        ]} />
      )}</Shown>
    </Section>
  );
}
