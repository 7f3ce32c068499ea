// Texts that nobody has translated yet, each with the page where it can be translated.

import { useState } from "react";
import { Link } from "wouter";
import type { MissingTranslationsQuery, TranslatedKind } from "../../../../generated/manager";
import { Paged, Table, usePaged, useWords } from "../../../base";
import { StaffPage } from "../StaffPage";
import { StatusFilter } from "../StatusFilter";
import { CATALOGUE, KINDS } from "./kinds";
import { MissingTranslations } from "./manager/catalogue";
import { texts } from "./texts";

type Missing = MissingTranslationsQuery["missingTranslations"]["nodes"][number];

export function Page() {
  const t = useWords(texts);
  const [kind, setKind] = useState<TranslatedKind | null>(null);
  const list = usePaged(MissingTranslations, { kind });
  return (
    <StaffPage title={t.translations} section="translations">
      <p>{t.translationsLead}</p>
      <StatusFilter label={t.subject} names={t.subjects} initial={kind} onChange={setKind} />
      <Paged list={list} of={(data) => data.missingTranslations}>{(nodes) => (
        <Table
          caption={t.translations}
          rows={nodes}
          keyOf={(each) => [each.subject.id, each.language, each.field, each.option].join(" ")}
          columns={[
            { title: t.language, cell: (each) => t.languages[each.language] },
            { title: t.subject, cell: ({ subject }) => <Subject subject={subject} /> },
            { title: t.field, cell: ({ field, option }) => [t.fields[field as keyof typeof t.fields] ?? field, option].filter(Boolean).join(" · ") },
            { title: t.text, cell: (each) => each.text },
          ]}
        />
      )}</Paged>
    </StaffPage>
  );
}

function Subject({ subject }: { subject: Missing["subject"] }) {
  const { __typename: type, id } = subject;
  const name = "name" in subject ? subject.name : "title" in subject ? subject.title : "key" in subject ? subject.key : "fullName" in subject ? subject.fullName : "";
  const kind = KINDS.find((each) => CATALOGUE[each].entry === type.toLowerCase());
  if (kind) return <Link href={`/staff/catalogue/${kind}/${encodeURIComponent(id)}`}>{name}</Link>;
  if (type === "Survey") return <Link href={`/staff/surveys/${encodeURIComponent(id)}`}>{name}</Link>;
  return name;
}
