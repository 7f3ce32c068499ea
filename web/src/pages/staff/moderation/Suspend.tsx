// Suspends a member from writing, or lifts their suspension.

import { Form, optionsOf, SelectField, TextField } from "../../../base";
import { useAction } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { MemberSuspend } from "./manager/moderation";
import { texts } from "./texts";

const DAYS = ["7", "1", "30", ""] as const;
const DAY = 86_400_000; // milliseconds

interface Props {
  member: string;
  /** Whether they are suspended now, so that this is lifted. */
  lifts?: boolean;
  onDone: () => void;
}

export function Suspend({ member, lifts = false, onDone }: Props) {
  const t = useWords(texts);
  const { run, ...state } = useAction(MemberSuspend);
  async function suspend(days: string, reason: string): Promise<void> {
    const end = lifts ? -1 : Number(days); // a time in the past lifts it
    const until = end ? new Date(Date.now() + end * DAY).toISOString() : null;
    if (await run({ input: { member, until, reason } })) onDone();
  }
  return (
    <Form submit={lifts ? t.lift : t.suspendNow} {...state} onSubmit={(values) => void suspend(values["until"] ?? "", values["reason"] ?? "")}>
      {!lifts && <SelectField name="until" label={t.duration} options={optionsOf(t.durations, DAYS)} />}
      <TextField name="reason" label={lifts ? t.liftReason : t.suspendReason} hint={lifts ? undefined : t.suspendHint} rows={3} required />
    </Form>
  );
}
