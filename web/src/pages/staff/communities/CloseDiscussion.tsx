// Closes a discussion to new posts, or opens it again.

import { Button, Refused } from "../../../base";
import { useAction } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { DiscussionClose } from "./manager/communities";
import { texts } from "./texts";

interface Props {
  discussion: { readonly id: string; readonly title: string; readonly closed: boolean };
  /** Called with whether it is closed now. */
  onDone: (closed: boolean) => void;
}

export function CloseDiscussion({ discussion: { id, title, closed }, onDone }: Props) {
  const t = useWords(texts);
  const { run, busy, ...state } = useAction(DiscussionClose);
  async function change(): Promise<void> {
    if (await run({ input: { discussion: id, closed: !closed } })) onDone(!closed);
  }
  return (
    <>
      <Button busy={busy} label={closed ? t.reopenOf(title) : t.closeOf(title)} onClick={() => void change()}>
        {closed ? t.reopen : t.close}
      </Button>
      <Refused {...state} />
    </>
  );
}
