// Who has read the member's data: staff, by their roles, and relatives who keep their diary.

import { Link } from "wouter";
import { isolated, Paged, PageTitle, Table, useFormats, usePaged, useWords } from "../../../base";
import { Tabs } from "./Tabs";
import { MyReads, type ReadOfDataFragment } from "./patient/data";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const { time } = useFormats();
  const read = usePaged(MyReads, {});

  function readerOf({ reader, relative, staffRoles }: ReadOfDataFragment): string {
    if (reader === "RELATIVE") return relative ? t.relative(isolated(relative.pseudonym)) : t.goneRelative;
    return `${t.staff} (${staffRoles.map((role) => t.roles[role]).join(", ")})`;
  }

  return (
    <>
      <PageTitle>{t.reads}</PageTitle>
      <Tabs />
      <p>{t.readsLead}</p>
      <Paged list={read} of={(data) => data.me.dataReads}>{(dataReads) => (
        <Table caption={t.reads} rows={dataReads} columns={[
          { title: t.when, cell: (each) => time(each.readAt) },
          { title: t.reader, cell: readerOf },
          { title: t.what, cell: (each) => t.dataKinds[each.kind] },
        ]} />
      )}</Paged>
      <p className="after-form"><Link href="/me/relatives">{t.toRelatives}</Link></p>
    </>
  );
}
