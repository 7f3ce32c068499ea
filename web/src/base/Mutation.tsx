// What sends a mutation: a form, a button, and a button that asks before. `onDone` is called once it was carried out.

import { useState, type ReactNode } from "react";
import { useAction, type Mutation, type Payload, type Refusal } from "../graph/hooks";
import { Button, type ButtonKind } from "./Button";
import { Confirm, Refused } from "./Confirm";
import { Form, type Values } from "./Form";
import { Notice } from "./Notice";

interface FormProps<Data, Input> {
  mutation: Mutation<Data, Input>;
  /** The input, made of the values by the names of the fields. */
  input: (values: Values) => NoInfer<Input>;
  /** What is wrong with the values before they are sent. */
  check?: (values: Values) => readonly Refusal[];
  onDone?: (payload: Payload<Data>, values: Values) => void;
  submit: string;
  kind?: "primary" | "danger";
  /** Whether its fields are as at first again once it was carried out. */
  resets?: boolean;
  /** As of `useAction`. */
  once?: boolean;
  /** Shown below it once it was carried out, until it is sent again. */
  done?: ReactNode;
  children: ReactNode;
}

export function MutationForm<Data, Input>(props: FormProps<Data, Input>) {
  const { mutation, input, check, onDone, resets = false, once = false, done, ...form } = props;
  const { run, ...state } = useAction(mutation, { once });
  const [turn, setTurn] = useState(0);
  const [faults, setFaults] = useState<readonly Refusal[]>([]);
  const [isDone, setIsDone] = useState(false);

  async function send(values: Values): Promise<void> {
    setIsDone(false);
    const found = check?.(values) ?? [];
    setFaults(found);
    if (found.length) return;
    const payload = await run(input(values));
    if (!payload) return;
    setIsDone(true);
    if (resets) setTurn(turn + 1);
    onDone?.(payload, values);
  }

  return (
    <>
      <Form key={turn} {...form} {...state} refusals={faults.length ? faults : state.refusals} onSubmit={(values) => void send(values)} />
      {done && isDone && <Notice kind="good">{done}</Notice>}
    </>
  );
}

interface Sent<Data, Input> {
  mutation: Mutation<Data, Input>;
  input: NoInfer<Input>;
  /** As of `useAction`. */
  once?: boolean;
  onDone?: ((payload: Payload<Data>) => void) | undefined;
}

interface ButtonProps<Data, Input> extends Sent<Data, Input> {
  kind?: ButtonKind;
  /** What it is called where several have the same words. */
  label?: string | undefined;
  disabled?: boolean;
  children: ReactNode;
}

export function MutationButton<Data, Input>({ mutation, input, once = false, onDone, ...button }: ButtonProps<Data, Input>) {
  const { run, busy, ...state } = useAction(mutation, { once });

  async function send(): Promise<void> {
    const payload = await run(input);
    if (payload) onDone?.(payload);
  }

  return <><Button busy={busy} {...button} onClick={() => void send()} /><Refused {...state} /></>;
}

interface ConfirmProps<Data, Input> extends Sent<Data, Input> {
  onClose: () => void;
  title: string;
  /** The words of the button that does it. */
  action: string;
  kind?: "primary" | "danger";
  children: ReactNode;
}

/** Asks before the mutation is sent. It closes once that was carried out. */
export function MutationConfirm<Data, Input>({ mutation, input, once = false, onDone, onClose, ...dialog }: ConfirmProps<Data, Input>) {
  const { run, ...state } = useAction(mutation, { once });

  async function send(): Promise<void> {
    const payload = await run(input);
    if (!payload) return;
    onClose();
    onDone?.(payload);
  }

  return <Confirm {...dialog} {...state} onConfirm={() => void send()} onClose={onClose} />;
}

interface AskingProps<Data, Input> extends Omit<ConfirmProps<Data, Input>, "onClose" | "kind"> {
  kind?: ButtonKind;
  /** The words of the button that asks. */
  button: string;
  /** What it is called where several have the same words. */
  label?: string;
}

/** A button that opens a `MutationConfirm`. */
export function ConfirmButton<Data, Input>({ button, label, kind = "danger", ...confirm }: AskingProps<Data, Input>) {
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button kind={kind} label={label} onClick={() => setAsks(true)}>{button}</Button>
      {asks && <MutationConfirm {...confirm} kind={kind === "primary" ? "primary" : "danger"} onClose={() => setAsks(false)} />}
    </>
  );
}
