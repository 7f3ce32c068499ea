// The entries of the catalogue, by kind.

import { useState } from "react";
import { Link } from "wouter";
import { Paged, Places, SearchBox, Table, usePages, useRead, useWords, type PageProps } from "../../../base";
import { StaffPage } from "../StaffPage";
import { CATALOGUE, kindOf, KINDS, pageOf, type Kind, type Listed } from "./kinds";
import { texts } from "./texts";

export function Page({ parameters }: PageProps) {
  const t = useWords(texts);
  const kind = kindOf(parameters["kind"]);
  const [search, setSearch] = useState("");
  return (
    <StaffPage title={t.catalogue} section="catalogue">
      <Places
        label={t.kindsLabel}
        places={KINDS.map((each) => ({ path: `/staff/catalogue/${each}`, label: t.kinds[each] }))}
        shown={`/staff/catalogue/${kind}`}
      />
      <div className="filters">
        <SearchBox key={kind} label={t.search} onSearch={setSearch} />
        <Link href={`/staff/catalogue/${kind}/new`} className="button primary">
          {t.create[kind]}
        </Link>
      </div>
      <List key={kind + search} kind={kind} search={search} />
    </StaffPage>
  );
}

function List({ kind, search }: { kind: Kind; search: string }) {
  const t = useWords(texts);
  const isPaged = kind !== "indicators";
  const pages = usePages();
  const read = useRead(CATALOGUE[kind].list, { search: search || null, ...(isPaged && { after: pages.after }) });
  return (
    <Paged list={{ ...read, pages }} of={({ list }) => pageOf(list)}>{(entries) => (
      <Table caption={t.kinds[kind]} rows={entries} columns={[
        { title: t.name, cell: (entry) => <Link href={`/staff/catalogue/${kind}/${encodeURIComponent(entry.id)}`}>{entry.name}</Link> },
        { title: t.state, cell: (entry) => <State {...entry} /> },
      ]} />
    )}</Paged>
  );
}

export function State({ status, retiredOn }: Pick<Listed, "status" | "retiredOn">) {
  const t = useWords(texts);
  if (status) return <span className={status === "OPEN" ? "badge good" : "badge"}>{t.statuses[status as keyof typeof t.statuses]}</span>;
  return <span className={retiredOn ? "badge" : "badge good"}>{retiredOn ? t.retired : t.inUse}</span>;
}
