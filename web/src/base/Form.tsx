// A form. Each refusal of its mutation stands at the field that it is about; the others stand above the button.

import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { Failure, Refusal } from "../graph/hooks";
import { Button } from "./Button";
import { Refused } from "./Confirm";

/** By the names of the fields. */
export type Values = Record<string, string>;

interface Props {
  /** What was typed stays, whatever becomes of it. */
  onSubmit: (values: Values) => void;
  submit: string;
  /** Of the button: `danger` before what cannot be undone. */
  kind?: "primary" | "danger";
  /** Of `useAction`. */
  busy?: boolean;
  refusals?: readonly Refusal[];
  failure?: Failure | null;
  children: ReactNode;
}

interface FormState {
  /** Why the value of a field was refused; empty if it was not. */
  refusalsOf: (path: string) => readonly string[];
  claim: (path: string) => () => void;
}

const FormContext = createContext<FormState>({ refusalsOf: () => [], claim: () => () => undefined });
const NONE: readonly Refusal[] = [];

export function Form({ onSubmit, submit, kind = "primary", busy = false, refusals = NONE, failure = null, children }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const [claimed, setClaimed] = useState<ReadonlySet<string>>(new Set());
  const others = refusals.filter((each) => !claimed.has(pathOf(each)));

  const state = useMemo<FormState>(
    () => ({
      refusalsOf: (path) => refusals.filter((each) => pathOf(each) === path).map((each) => each.message),
      claim(path) {
        setClaimed((known) => new Set(known).add(path));
        return () => setClaimed((known) => new Set([...known].filter((each) => each !== path)));
      },
    }),
    [refusals],
  );

  // The first field to correct gets the focus.
  useEffect(() => {
    if (refusals.length) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [refusals]);

  return (
    <FormContext value={state}>
      <form
        ref={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (busy) return;
          onSubmit(valuesOf(event.currentTarget));
        }}
      >
        {children}
        <Refused refusals={others} failure={failure} />
        <div className="form-end"><Button kind={kind} busy={busy}>{submit}</Button></div>
      </form>
    </FormContext>
  );
}

/** What its fields have. */
export function valuesOf(form: HTMLFormElement): Values {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
}

/** The path of a value below `input`, such as `entries.0.value`. */
function pathOf(refusal: Refusal): string {
  return refusal.path.slice(1).join(".");
}

/** Why the value at a path was refused. The field shows it, so the form does not. */
export function useRefusals(path: string): readonly string[] {
  const { refusalsOf, claim } = useContext(FormContext);
  const claimNow = useRef(claim);
  useEffect(() => claimNow.current(path), [path]);
  return refusalsOf(path);
}
