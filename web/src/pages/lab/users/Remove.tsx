// Asks before a user is removed, or an invitation cancelled.

import type { UserLineFragment } from "../../../../generated/buyer";
import { Confirm } from "../../../base";
import { useAction } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { LabUserRemove } from "../buyer/users";
import { texts } from "./texts";

export function Remove({ user, onClose }: { user: UserLineFragment; onClose: (removed: boolean) => void }) {
  const t = useWords(texts);
  const { run, ...state } = useAction(LabUserRemove);

  async function remove(): Promise<void> {
    if (await run({ input: { user: user.id } })) onClose(true);
  }

  return (
    <Confirm title={t.sure(user.email)} action={t.yes} {...state} onConfirm={() => void remove()} onClose={() => onClose(false)}>
      {user.status === "INVITED" ? t.cancelEffect : t.effect}
    </Confirm>
  );
}
