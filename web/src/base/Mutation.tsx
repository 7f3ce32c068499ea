// What sends a mutation: a form, a button, and a button that asks before. `onDone` is called once it was carried out.

import { useRef, useState, type ReactNode } from "react";
import { useAction, type Payload } from "../graph/hooks";
import type { Operation } from "../graph/operation";
import { Button } from "./Button";
import { Confirm, Refused } from "./Confirm";
import { Form, type Values } from "./Form";
import { Notice } from "./Notice";

type Mutation<Data, Input> = Operation<Data, { input: Input }>;

const NONE = { sent: "", id: "" }; // no request

interface FormProps<Data, Input> {
  mutation: Mutation<Data, Input>;
  /** The input, made of the values by the names of the fields. */
  input: (values: Values) => NoInfer<Input>;
  onDone?: (payload: Payload<Data>, values: Values) => void;
  submit: string;
  kind?: "primary" | "danger";
  /** Whether its fields are as at first again once it was carried out. */
  resets?: boolean;
  /** Whether what got lost on the way is sent again as the same request: an input has one `clientMutationId` until it is carried out. */
  once?: boolean;
  /** Shown below it once it was carried out, until it is sent again. */
  done?: ReactNode;
  children: ReactNode;
}

export function MutationForm<Data, Input>(props: FormProps<Data, Input>) {
  const { mutation, input, onDone, resets = false, once = false, done, ...form } = props;
  const { run, ...state } = useAction(mutation);
  const [turn, setTurn] = useState(0);
  const [isDone, setIsDone] = useState(false);
  const request = useRef(NONE);

  function idOf(made: Input): string {
    const sent = JSON.stringify(made);
    if (request.current.sent !== sent) request.current = { sent, id: crypto.randomUUID() };
    return request.current.id;
  }

  async function send(values: Values): Promise<void> {
    setIsDone(false);
    const made = input(values);
    const payload = await run({ input: once ? { ...made, clientMutationId: idOf(made) } : made });
    if (!payload) return;
    request.current = NONE;
    setIsDone(true);
    if (resets) setTurn(turn + 1);
    onDone?.(payload, values);
  }

  return (
    <>
      <Form key={turn} {...form} {...state} onSubmit={(values) => void send(values)} />
      {done && isDone && <Notice kind="good">{done}</Notice>}
    </>
  );
}

interface ButtonProps<Data, Input> {
  mutation: Mutation<Data, Input>;
  input: NoInfer<Input>;
  onDone?: ((payload: Payload<Data>) => void) | undefined;
  kind?: "primary" | "plain" | "danger";
  /** What it is called where several have the same words. */
  label?: string | undefined;
  disabled?: boolean;
  children: ReactNode;
}

export function MutationButton<Data, Input>({ mutation, input, onDone, ...button }: ButtonProps<Data, Input>) {
  const { run, busy, ...state } = useAction(mutation);

  async function send(): Promise<void> {
    const payload = await run({ input });
    if (payload) onDone?.(payload);
  }

  return <><Button busy={busy} {...button} onClick={() => void send()} /><Refused {...state} /></>;
}

interface ConfirmProps<Data, Input> {
  mutation: Mutation<Data, Input>;
  input: NoInfer<Input>;
  onDone?: ((payload: Payload<Data>) => void) | undefined;
  onClose: () => void;
  title: string;
  action: string;
  children: ReactNode;
}

/** Asks before the mutation is sent. It closes once that was carried out. */
export function MutationConfirm<Data, Input>({ mutation, input, onDone, onClose, ...dialog }: ConfirmProps<Data, Input>) {
  const { run, ...state } = useAction(mutation);

  async function send(): Promise<void> {
    const payload = await run({ input });
    if (!payload) return;
    onClose();
    onDone?.(payload);
  }

  return <Confirm {...dialog} {...state} onConfirm={() => void send()} onClose={onClose} />;
}

interface AskingProps<Data, Input> extends Omit<ConfirmProps<Data, Input>, "onClose"> {
  /** Its words. */
  button: string;
  kind?: "plain" | "danger";
}

/** A button that opens a `MutationConfirm`. */
export function ConfirmButton<Data, Input>({ button, kind = "danger", ...confirm }: AskingProps<Data, Input>) {
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button kind={kind} onClick={() => setAsks(true)}>{button}</Button>
      {asks && <MutationConfirm {...confirm} onClose={() => setAsks(false)} />}
    </>
  );
}
