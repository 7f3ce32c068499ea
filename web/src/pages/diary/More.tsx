// Adds to a check-in: an indicator of the catalogue, or one that the viewer makes for themselves.

import { useState } from "react";
import { Link } from "wouter";
import {
  Button, Form, optionsOf, Picker, Section, SelectField, TextField, useAction, useLanguage, useWords, type Refusal, type Values,
} from "../../base";
import { numberIn } from "../../text/numbers";
import { Propose } from "../own/Propose";
import { texts as ownTexts } from "../own/texts";
import type { Tracked } from "./Recorded";
import { FoundIndicators, OwnIndicatorCreate } from "./patient/diary";
import { texts } from "./texts";

interface Props {
  /** The indicators that the check-in has. */
  known: ReadonlySet<string>;
  /** Those of the viewer's communities. */
  offered: readonly Tracked[];
  onAdd: (indicator: Tracked) => void;
  onCreated: () => void;
}

export function More({ known, offered, onAdd, onCreated }: Props) {
  const t = useWords(texts);
  const own = useWords(ownTexts);
  const [isMaking, setMaking] = useState(false);
  const rest = offered.filter((each) => !known.has(each.id));
  return (
    <Section id="more" title={t.more}>
      {rest.length > 0 && (
        <ul className="tags">{rest.map((each) => (
          <li key={each.id}><Button kind="link" onClick={() => onAdd(each)}>{each.name}</Button></li>
        ))}</ul>
      )}
      <Picker
        label={t.search}
        none={t.none}
        operation={FoundIndicators}
        of={({ indicators }) => indicators.filter((each) => !known.has(each.id))}
        onPick={onAdd}
        missing={(search) => <Propose key={search} kind="SYMPTOM" name={search} />}
      />
      {isMaking ? (
        <Create onCreated={() => (setMaking(false), onCreated())} />
      ) : (
        <Button onClick={() => setMaking(true)}>{t.create}</Button>
      )}
      <p className="after-form"><Link href="/me/own">{own.manage}</Link></p>
    </Section>
  );
}

const SCALES = ["RATING_0_10", "GRADE_NONE_TO_SEVERE", "QUANTITY"] as const;
type Scale = (typeof SCALES)[number];

function Create({ onCreated }: { onCreated: () => void }) {
  const t = useWords(texts);
  const language = useLanguage();
  const [scale, setScale] = useState<Scale>("RATING_0_10");
  const [faults, setFaults] = useState<readonly Refusal[]>([]);
  const { run, ...state } = useAction(OwnIndicatorCreate);

  async function create({ name = "", unit = "", minimum = "", maximum = "" }: Values): Promise<void> {
    const ends = { minimum: numberIn(minimum, language), maximum: numberIn(maximum, language) };
    const isQuantity = scale === "QUANTITY";
    const wrong = isQuantity ? (["minimum", "maximum"] as const).filter((each) => ends[each] === null) : [];
    setFaults(wrong.map((each) => ({ path: ["input", each], message: t.notNumber })));
    if (wrong.length) return;
    if (await run({ name, scale, ...(isQuantity && { unit, ...ends }) })) onCreated();
  }

  return (
    <Section className="panel" id="create" title={t.create} lead={t.createHint} level={3}>
      <Form submit={t.add} {...state} refusals={faults.length ? faults : state.refusals} onSubmit={(values) => void create(values)}>
        <TextField name="name" label={t.name} />
        <SelectField
          name="scale"
          label={t.scale}
          initial={scale}
          options={optionsOf(t.scales, SCALES)}
          onChange={(value) => setScale(value as Scale)}
        />
        {scale === "QUANTITY" && (
          <>
            <TextField name="unit" label={t.unit} />
            <TextField name="minimum" label={t.minimum} inputMode="decimal" />
            <TextField name="maximum" label={t.maximum} inputMode="decimal" />
          </>
        )}
      </Form>
    </Section>
  );
}
