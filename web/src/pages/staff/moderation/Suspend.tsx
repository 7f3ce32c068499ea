// Suspends a member from writing, or lifts their suspension.

import type { MemberSuspendInput } from "../../../../generated/manager";
import { MutationForm, optionsOf, SelectField, TextField, useWords, type Values } from "../../../base";
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

  function inputOf({ until: days, reason = "" }: Values): MemberSuspendInput {
    const end = lifts ? -1 : Number(days); // a time in the past lifts it
    return { member, until: end ? new Date(Date.now() + end * DAY).toISOString() : null, reason };
  }

  return (
    <MutationForm submit={lifts ? t.lift : t.suspendNow} mutation={MemberSuspend} input={inputOf} onDone={onDone}>
      {!lifts && <SelectField name="until" label={t.duration} options={optionsOf(t.durations, DAYS)} />}
      <TextField name="reason" label={lifts ? t.liftReason : t.suspendReason} hint={lifts ? undefined : t.suspendHint} rows={3} required />
    </MutationForm>
  );
}
