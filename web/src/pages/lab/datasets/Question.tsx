// A question that is put together by pointing at variables. It is in the address, so that it can be sent to a colleague.

import { useState } from "react";
import { useSearchParams } from "wouter";
import { RadioField, SelectField } from "../../../base/Field";
import type { LabOrganizationQuery, Precision } from "../../../../generated/buyer";
import { LinkButton } from "../LinkButton";
import { Meter } from "../../../base/Meter";
import { Notice } from "../../../base/Notice";
import { Shown } from "../../../base/Shown";
import { useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { LabOrganization } from "../buyer/datasets";
import { texts as shared } from "../texts";
import { countOf, groupingIn, inputOf, merge, writeGrouping, type Grouping } from "./groupings";
import { Merge } from "./Merge";
import type { Dataset } from "./DatasetPage";
import { QuoteBox } from "./Quote";
import { texts } from "./texts";
import { Variables } from "./Variables";

export const PRECISIONS: readonly Precision[] = ["WITHIN_5", "WITHIN_10", "WITHIN_20", "WITHIN_50"];
export const MOST_GROUPS = 2;

type Licence = LabOrganizationQuery["organization"]["licences"][number];

export function Question({ dataset }: { dataset: Dataset }) {
  const t = useWords(texts);
  const [params, setParams] = useSearchParams();
  const named = (name: string | null) => dataset.variables.find((each) => each.name === name) ?? null;
  const variable = named(params.get("variable"));
  const by = [...new Set(params.getAll("by"))].map(named).filter((each) => each !== null && each !== variable).slice(0, MOST_GROUPS) as Dataset["variables"][number][];
  const chosen = params.get("precision");
  const precision = PRECISIONS.find((each) => each === chosen) ?? "WITHIN_20";
  const asked = variable ? [variable, ...by] : [];
  const groupings = asked.map((each) => groupingIn(params, each));
  const merges = asked.map((each, place) => inputOf(each, groupings[place]!)).filter((each) => each !== null);

  /** Changes the question, without a new place in the browser's history. */
  function change(made: { variable?: string | null; by?: readonly string[]; precision?: string; grouping?: Grouping }): void {
    const next = new URLSearchParams();
    const count = made.variable === undefined ? variable?.name : made.variable;
    if (count) next.set("variable", count);
    for (const name of made.by ?? by.map((each) => each.name)) if (name !== count) next.append("by", name);
    next.set("precision", made.precision ?? precision);
    const kept = groupings.filter((each) => each.variable !== made.grouping?.variable);
    const used = new Set([count, ...next.getAll("by")]);
    for (const each of [...kept, ...(made.grouping ? [made.grouping] : [])]) if (used.has(each.variable)) writeGrouping(next, each);
    setParams(next, { replace: true });
  }

  const read = useRead(LabOrganization, {});
  return (
    <section aria-labelledby="ask">
      <h2 id="ask">{t.ask}</h2>
      <div className="beside">
        <Variables
          variables={dataset.variables}
          counted={variable?.name ?? null}
          grouped={by.map((each) => each.name)}
          onCount={(name) => change({ variable: name })}
          onGroup={(names) => change({ by: names })}
        />
        <div className="panel">
          <h3>{t.question}</h3>
          {variable ? (
            <>
              <Chosen label={variable.label} role={t.count} onRemove={() => change({ variable: null })} />
              {by.map((each) => (
                <Chosen key={each.name} label={each.label} role={t.group} onRemove={() => change({ by: by.filter((one) => one !== each).map((one) => one.name) })} />
              ))}
            </>
          ) : (
            <p>{t.nothing}</p>
          )}
          {asked.map((each, place) => (
            <Merge key={each.name} variable={each} grouping={groupings[place]!} onChange={(grouping) => change({ grouping })} />
          ))}
          <PrecisionField key={precision} precision={precision} onChange={(value) => change({ precision: value })} />
          <Shown read={read}>
            {({ organization }) => (
              <Licensed licences={organization.licences.filter((each) => each.status === "GRANTED" && each.community.id === dataset.community.id)} community={dataset.community.slug}>
                {(licence) =>
                  variable && (
                    <QuoteBox
                      key={`${params} ${licence}`}
                      groups={by.reduce((product, each, place) => product * countOf(each, groupings[place + 1]!), 1)}
                      input={{ dataset: dataset.id, variable: variable.name, by: by.map((each) => each.name), groupings: merges, precision, licence }}
                      onPrecision={(value) => change({ precision: value })}
                      onMerge={(name, codes) => change({ grouping: merge(groupings.find((each) => each.variable === name) ?? { variable: name, name: null, merged: [] }, codes) })}
                    />
                  )
                }
              </Licensed>
            )}
          </Shown>
        </div>
      </div>
    </section>
  );
}

function Chosen({ label, role, onRemove }: { label: string; role: string; onRemove: () => void }) {
  const t = useWords(texts);
  return (
    <p className="chosen">
      <span>
        {role} <strong>{label}</strong>
      </span>
      <button type="button" className="link" aria-label={t.remove(label)} onClick={onRemove}>
        ✕
      </button>
    </p>
  );
}

function PrecisionField({ precision, onChange }: { precision: Precision; onChange: (value: string) => void }) {
  const t = useWords(texts);
  const { precisions } = useWords(shared);
  return (
    <div className="in-line">
      <RadioField name="precision" label={t.precision} initial={precision} onChange={onChange} options={PRECISIONS.map((value) => ({ value, label: precisions[value] }))} />
    </div>
  );
}

/** The licence that the question is for: the one there is, or one to choose; null without any. */
function Licensed({ licences, community, children }: { licences: readonly Licence[]; community: string; children: (licence: string | null) => React.ReactNode }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const [chosen, setChosen] = useState(licences[0]?.id ?? null);
  const licence = licences.find((each) => each.id === chosen);
  return (
    <>
      {licences.length === 0 ? (
        <Notice>
          <p>{t.noLicence}</p>
          <LinkButton href={`/lab/licences/request?community=${community}`}>{t.request}</LinkButton>
        </Notice>
      ) : (
        <SelectField name="licence" label={t.licence} initial={chosen ?? ""} onChange={setChosen} options={licences.map((each) => ({ value: each.id, label: each.purpose }))} />
      )}
      {licence && (
        <Meter
          words={t.licenceLeft(number(licence.remaining.microRho), number(licence.quota.microRho))}
          part={licence.remaining.microRho}
          whole={licence.quota.microRho}
        />
      )}
      {children(chosen)}
    </>
  );
}

