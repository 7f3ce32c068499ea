// Evaluates a treatment: three ratings, side effects and a comment.

import { useEffect, useRef, useState } from "react";
import {
  Button, CheckField, Form, optionsOf, Picker, ScaleField, Section, SelectField, TEN, TextField, useAction, useWords,
  type Refusal, type Values,
} from "../../base";
import { FoundIndicators } from "../diary/patient/diary";
import { CourseEvaluate, type CourseTextFragment } from "./patient/treatments";
import { texts } from "./texts";

const RATINGS = ["effectiveness", "convenience", "satisfaction"] as const;
type Severity = keyof typeof texts.en.severities;

interface Effect {
  id: string;
  name: string;
  severity?: Severity;
  serious?: boolean;
}

interface Props {
  course: string;
  earlier: CourseTextFragment["evaluation"];
  onDone: () => void;
}

export function Evaluate({ course, earlier, onDone }: Props) {
  const t = useWords(texts);
  const [effects, setEffects] = useState<readonly Effect[]>(
    () => earlier?.sideEffects.map(({ indicator, ...more }) => ({ ...indicator, ...more })) ?? [],
  );
  const [faults, setFaults] = useState<readonly Refusal[]>([]);
  const { run, ...state } = useAction(CourseEvaluate);
  const search = useRef<HTMLDivElement>(null);
  const [last, setLast] = useState<{ added: string | null } | null>(null); // what was done to the effects

  // The button that was pressed is gone: an effect that was added has the focus, or the search after a removal.
  useEffect(() => {
    if (last?.added) document.getElementsByName(`severity.${last.added}`)[0]?.focus();
    else if (last) search.current?.querySelector("input")?.focus();
  }, [last]);

  function change(changed: readonly Effect[], added: string | null): void {
    setEffects(changed);
    setLast({ added });
  }

  async function evaluate(values: Values): Promise<void> {
    const rating = (name: (typeof RATINGS)[number]) => (values[name] ? Number(values[name]) : null);
    const [effectiveness, convenience, satisfaction] = [rating("effectiveness"), rating("convenience"), rating("satisfaction")];
    setFaults(RATINGS.filter((each) => rating(each) === null).map((each) => ({ path: ["input", each], message: t.unrated })));
    if (effectiveness === null || convenience === null || satisfaction === null) return;
    const sideEffects = effects.map(({ id }) => ({
      indicator: id,
      severity: (values[`severity.${id}`] ?? "MILD") as Severity,
      serious: values[`serious.${id}`] === "on",
    }));
    const input = { course, effectiveness, convenience, satisfaction, sideEffects, comment: values["comment"] || null };
    if (await run(input)) onDone();
  }

  return (
    <Section id="evaluate" title={t.evaluate}>
      <Form submit={t.save} {...state} refusals={faults.length ? faults : state.refusals} onSubmit={(values) => void evaluate(values)}>
        {RATINGS.map((each) => (
          <ScaleField
            key={each}
            name={each}
            label={t[each]}
            hint={t.ends}
            options={TEN}
            initial={earlier?.[each]}
            onChange={() => setFaults((known) => known.filter(({ path }) => path[1] !== each))}
          />
        ))}
        {effects.map((effect, place) => (
          <fieldset key={effect.id} className="field panel">
            <legend>{effect.name}</legend>
            <SelectField
              name={`severity.${effect.id}`}
              path={`sideEffects.${place}.severity`}
              label={t.severity}
              options={optionsOf(t.severities)}
              {...(effect.severity && { initial: effect.severity })}
            />
            <CheckField name={`serious.${effect.id}`} path={`sideEffects.${place}.serious`} label={t.serious} initial={effect.serious} />
            <Button onClick={() => change(effects.filter((each) => each !== effect), null)}>{t.remove(effect.name)}</Button>
          </fieldset>
        ))}
        <div ref={search}>
          <Picker
            key={effects.length}
            label={t.addEffect}
            none={t.notFound}
            operation={FoundIndicators}
            of={({ indicators }) => indicators.filter((each) => each.kind === "SYMPTOM" && !effects.some(({ id }) => id === each.id))}
            onPick={({ id, name }) => change([...effects, { id, name }], id)}
          />
        </div>
        <TextField name="comment" label={t.comment} hint={t.commentHint} rows={3} initial={earlier?.comment ?? ""} />
      </Form>
    </Section>
  );
}
