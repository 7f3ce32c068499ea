// What only some roles of an organization's users may do: it is shown to them, and others read which role is needed.

import type { ReactNode } from "react";
import type { UserRole } from "../../../generated/buyer";
import { useRead, useWords } from "../../base";
import { LabRole } from "./buyer/users";
import { texts } from "./texts";

/** Each includes those after it. */
export const ROLES: readonly UserRole[] = ["ADMINISTRATOR", "ANALYST", "READER"];

/** Whether the viewer has a role or one that includes it; undefined while that is read. */
export function useMay(least: UserRole): boolean | undefined {
  const { data } = useRead(LabRole, {});
  const role = data?.viewer.organizationUser?.role;
  return data && role !== undefined && ROLES.indexOf(role) <= ROLES.indexOf(least);
}

export function ForRole({ least, children = null }: { least: UserRole; children?: ReactNode }) {
  const t = useWords(texts);
  const may = useMay(least);
  if (may === undefined) return null;
  return may ? children : <p className="quiet after-form">{t.needsRole[least]}</p>;
}
