// The first page of staff after a sign-in: the tasks of their roles.

import { Link } from "wouter";
import { Notice, PageTitle, Shown, useRead, useWords } from "../../base";
import { SecondFactor, ToProofs } from "./StaffPage";
import { StaffViewer } from "./manager/staffViewer";
import { sectionsOf } from "./sections";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = useRead(StaffViewer, {});
  return (
    <>
      <PageTitle>{t.home}</PageTitle>
      <Shown read={read}>{({ viewer: { staff } }) => {
        const sections = sectionsOf(staff?.roles ?? []);
        return (
          <>
            <SecondFactor withheld={staff?.withheldRoles ?? []} />
            {staff && !staff.hasSecondFactor && staff.withheldRoles.length === 0 && <Notice>{t.noFactor}</Notice>}
            <p>{sections.length ? t.hello(staff?.name ?? "") : t.none}</p>
            <ul className="cards">{sections.map(({ path, name }) => (
              <li key={path}>
                <Link href={path} className="card"><strong>{t.sections[name]}</strong><p>{t.about[name]}</p></Link>
              </li>
            ))}</ul>
            <p className="after-form"><ToProofs /></p>
          </>
        );
      }}</Shown>
    </>
  );
}
