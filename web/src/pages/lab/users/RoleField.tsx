// The choice of a role, with what each may do.

import type { UserRole } from "../../../../generated/buyer";
import { RadioField, useWords } from "../../../base";
import { ROLES } from "../ForRole";
import { texts as shared } from "../texts";
import { texts } from "./texts";

export function RoleField({ initial }: { initial: UserRole }) {
  const { role } = useWords(texts);
  const { roles, rights } = useWords(shared);
  const options = ROLES.map((value) => ({ value, label: `${roles[value]} – ${rights[value]}` }));
  return <RadioField name="role" label={role} options={options} initial={initial} required />;
}
