// A question that is put together by pointing at variables, and the plan that it can be added to. Both are in the address, so that
// they can be sent to a colleague.

import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import type { InsightKind, LabOrganizationQuery, Precision } from "../../../../generated/buyer";
import {
  Button, Meter, Notice, optionsOf, RadioField, Section, SelectField, useFormats, useRead, useWords,
} from "../../../base";
import { ForRole } from "../ForRole";
import { LabOrganization } from "../buyer/datasets";
import { texts as shared } from "../texts";
import type { Dataset } from "./DatasetPage";
import { Merge } from "./Merge";
import { Plan } from "./Plan";
import { QuoteBox } from "./Quote";
import { Variables } from "./Variables";
import { merge } from "./groupings";
import {
  hasMean, KINDS, mergeableOf, MOST_QUESTIONS, planIn, PRECISIONS, questionIn, withQuestions, written, type Planned, type Question,
} from "./question";
import { texts } from "./texts";

type Licence = LabOrganizationQuery["organization"]["licences"][number];

export function Ask({ dataset }: { dataset: Dataset }) {
  const t = useWords(texts);
  const [params, setParams] = useSearchParams();
  const question = questionIn(params, dataset.variables);
  const plan = planIn(params, dataset.variables);
  const { variable, by, precision, kind, groupings } = question;
  const [chosen, setChosen] = useState<string | null>(null);
  const own = useRead(LabOrganization, {}).data?.organization.licences;
  const licences = own?.filter((each) => each.status === "GRANTED" && each.community.id === dataset.community.id);
  const licence = licences?.find((each) => each.id === chosen) ?? licences?.[0] ?? null;

  /** Changes the address, without a new place in the browser's history. */
  function set(made: Question, planned: readonly Planned[]): void {
    const next = written(made);
    for (const each of planned) next.append("plan", String(written(each)));
    setParams(next, { replace: true });
  }
  const change = (made: Partial<Question>): void => set({ ...question, ...made }, plan);
  const regroup = (made: Question["groupings"][number]): void => change({ groupings: [...groupings.filter((each) => each.variable !== made.variable), made] });
  const grouped = (name: string) => groupings.find((each) => each.variable === name) ?? { variable: name, name: null, merged: [] };
  const named = (name: string | null) => dataset.variables.find((each) => each.name === name) ?? null;

  return (
    <>
      <Section id="ask" title={t.ask}>
        <div className="beside">
          <Variables
            variables={dataset.variables}
            counted={variable?.name ?? null}
            grouped={by.map((each) => each.name)}
            onCount={(name) => change({ variable: named(name) })}
            onGroup={(names) => change({ by: names.map(named).filter((each) => each !== null) })}
          />
          <div className="panel asking">
            <h3>{t.question}</h3>
            {variable ? (
              <>
                <Chosen label={variable.label} role={kind === "COUNTS" ? t.count : t.meanOf} onRemove={() => change({ variable: null })} />
                {by.map((each) => (
                  <Chosen key={each.name} label={each.label} role={t.group} onRemove={() => change({ by: by.filter((one) => one !== each) })} />
                ))}
              </>
            ) : (
              <p>{t.nothing}</p>
            )}
            {hasMean(variable) && <KindField key={`kind ${kind}`} kind={kind} onChange={(value) => change({ kind: value })} />}
            {mergeableOf(question).map((each) => (
              <Merge key={each.name} variable={each} grouping={grouped(each.name)} onChange={regroup} />
            ))}
            <PrecisionField key={precision} precision={precision} hint={kind !== "COUNTS" && t.asPrecise} onChange={(value) => change({ precision: value })} />
            {licences && <Licensed licences={licences} licence={licence} onChoose={setChosen} community={dataset.community.slug} />}
            {licences && variable && (
              <>
                <QuoteBox
                  key={`${written(question)} ${licence?.id}`}
                  dataset={dataset.id}
                  question={{ ...question, variable }}
                  licence={licence?.id ?? null}
                  onChange={change}
                  onPlan={plan.length + 2 <= MOST_QUESTIONS ? (...added) => set(question, withQuestions(plan, ...added)) : undefined}
                  onMerge={(name, codes) => regroup(merge(grouped(name), codes))}
                />
                <AddToPlan question={{ ...question, variable }} plan={plan} onAdd={(added) => set(question, [...plan, added])} />
              </>
            )}
          </div>
        </div>
      </Section>
      <Plan dataset={dataset.id} licence={licence} questions={plan} onChange={(kept) => set(question, kept)} />
    </>
  );
}

function AddToPlan({ question, plan, onAdd }: { question: Planned; plan: readonly Planned[]; onAdd: (added: Planned) => void }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const isIn = plan.some((each) => String(written(each)) === String(written(question)));
  return (
    <p className="after-form" aria-live="polite">
      {isIn ? t.inPlan : plan.length >= MOST_QUESTIONS ? t.planFull(number(MOST_QUESTIONS)) : <Button onClick={() => onAdd(question)}>{t.addToPlan}</Button>}
    </p>
  );
}

function Chosen({ label, role, onRemove }: { label: string; role: string; onRemove: () => void }) {
  const t = useWords(texts);
  return (
    <p className="chosen">
      <span>{role} <strong>{label}</strong></span>
      <Button kind="link" label={t.remove(label)} onClick={onRemove}>✕</Button>
    </p>
  );
}

/** What to publish of a variable that has a mean. Published sizes of groups are not offered here, but by a quote that finds them. */
function KindField({ kind, onChange }: { kind: InsightKind; onChange: (value: InsightKind) => void }) {
  const t = useWords(texts);
  const { insightKinds } = useWords(shared);
  return (
    <RadioField
      name="kind"
      label={t.what}
      hint={t.meanHint}
      initial={kind}
      onChange={(value) => onChange(value as InsightKind)}
      options={optionsOf(insightKinds, KINDS.filter((each) => each !== "SUMS" || kind === "SUMS"))}
    />
  );
}

function PrecisionField({ precision, hint, onChange }: { precision: Precision; hint: string | false; onChange: (value: Precision) => void }) {
  const t = useWords(texts);
  const { precisions } = useWords(shared);
  return (
    <div className="in-line">
      <RadioField
        name="precision"
        label={t.precision}
        hint={hint}
        initial={precision}
        onChange={(value) => onChange(value as Precision)}
        options={optionsOf(precisions, PRECISIONS)}
      />
    </div>
  );
}

interface LicensedProps {
  licences: readonly Licence[];
  licence: Licence | null;
  onChoose: (licence: string) => void;
  community: string;
}

/** The licence that questions are for: the one there is, or one to choose. */
function Licensed({ licences, licence, onChoose, community }: LicensedProps) {
  const t = useWords(texts);
  const { number } = useFormats();
  return (
    <>
      {licences.length === 0 ? (
        <Notice>
          <p>{t.noLicence}</p>
          <ForRole least="ADMINISTRATOR">
            <Link href={`/lab/licences/request?community=${community}`} className="button">{t.request}</Link>
          </ForRole>
        </Notice>
      ) : (
        <SelectField
          name="licence"
          label={t.licence}
          initial={licence?.id ?? ""}
          onChange={onChoose}
          options={licences.map((each) => ({ value: each.id, label: each.purpose }))}
        />
      )}
      {licence && (
        <Meter
          words={t.licenceLeft(number(licence.remaining.microRho), number(licence.quota.microRho))}
          part={licence.remaining.microRho}
          whole={licence.quota.microRho}
        />
      )}
    </>
  );
}
