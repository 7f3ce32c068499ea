// Gives a user another role.

import type { UserLineFragment, UserRole } from "../../../../generated/buyer";
import { Dialog, Form } from "../../../base";
import { useAction } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { LabUserUpdate } from "../buyer/users";
import { RoleField } from "./RoleField";
import { texts } from "./texts";

export function ChangeRole({ user, onClose }: { user: UserLineFragment; onClose: (changed: boolean) => void }) {
  const t = useWords(texts);
  const { run, ...state } = useAction(LabUserUpdate);

  async function change(role: UserRole): Promise<void> {
    if (await run({ input: { user: user.id, role } })) onClose(true);
  }

  return (
    <Dialog title={t.changeTitle(user.email)} onClose={() => onClose(false)}>
      <Form submit={t.changeIt} {...state} onSubmit={(values) => void change(values["role"] as UserRole)}>
        <RoleField initial={user.role} />
      </Form>
    </Dialog>
  );
}
