// The frame of each page of staff: its title, the tasks of the viewer's roles, and what the roles do not allow.

import "./staff.css";

import type { ReactNode } from "react";
import { Link } from "wouter";
import type { StaffRole } from "../../../generated/manager";
import { Notice, PageTitle, Places, Shown, useRead, useWords } from "../../base";
import { texts as settings } from "../member/settings/texts";
import { StaffViewer } from "./manager/staffViewer";
import { SECTIONS, sectionsOf, type Section } from "./sections";
import { texts } from "./texts";

interface Props {
  title: string;
  /** The part that it belongs to, which decides who may see it. */
  section: Section["name"];
  children: ReactNode;
}

export function StaffPage({ title, section, children }: Props) {
  const t = useWords(texts);
  const read = useRead(StaffViewer, {});
  const needed = SECTIONS.find((each) => each.name === section)?.roles ?? [];
  return (
    <>
      <Shown read={read}>{({ viewer: { staff } }) => (
        <Places label={t.places} places={sectionsOf(staff?.roles ?? []).map(({ path, name }) => ({ path, label: t.sections[name] }))} />
      )}</Shown>
      <PageTitle>{title}</PageTitle>
      {read.data?.viewer.staff && (
        <>
          <SecondFactor withheld={read.data.viewer.staff.withheldRoles} />
          {needed.some((role) => read.data?.viewer.staff?.roles.includes(role)) ? children : <Notice kind="fault">{t.forbidden}</Notice>}
        </>
      )}
    </>
  );
}

/** The roles that have no effect until their holder has set a second factor. */
export function SecondFactor({ withheld }: { withheld: readonly StaffRole[] }) {
  const t = useWords(texts);
  if (withheld.length === 0) return null;
  return (
    <Notice kind="fault"><p>{t.factor(withheld.map((role) => t.roles[role]).join(", "))}</p><ToProofs /></Notice>
  );
}

/** Leads to where the viewer sets a second factor. */
export function ToProofs() {
  return <Link href="/staff/security">{useWords(settings).proofs}</Link>;
}
