// Closes a discussion to new posts, or opens it again.

import { MutationButton, useWords } from "../../../base";
import { DiscussionClose } from "./manager/communities";
import { texts } from "./texts";

interface Props {
  discussion: { readonly id: string; readonly title: string; readonly closed: boolean };
  /** Called with whether it is closed now. */
  onDone: (closed: boolean) => void;
}

export function CloseDiscussion({ discussion: { id, title, closed }, onDone }: Props) {
  const t = useWords(texts);
  return (
    <MutationButton
      mutation={DiscussionClose}
      label={closed ? t.reopenOf(title) : t.closeOf(title)}
      input={{ discussion: id, closed: !closed }}
      onDone={() => onDone(!closed)}
    >
      {closed ? t.reopen : t.close}
    </MutationButton>
  );
}
