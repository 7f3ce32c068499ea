// An insight: its chart and its table, slices and sums of them, its files, and the proof of its line in the ledger.

import "../lab.css";

import { useState } from "react";
import { useLocation } from "wouter";
import type { InsightLineFragment, LabInsightFactsQuery } from "../../../../generated/buyer";
import {
  Check, Form, PageTitle, Section, SelectField, Shown, useFormats, useLanguage, useRead, useWords, type PageProps,
} from "../../../base";
import { Sizes, useTitle, useTitles } from "../InsightTable";
import { Unknown } from "../Unknown";
import { LabInsightFacts, LabInsightFigures, LabInsightReconciled } from "../buyer/insight";
import { texts as shared } from "../texts";
import { FiguresChart, FiguresTable, useChoice } from "./Figures";
import { Proof } from "./Proof";
import { Slice, WHOLE, type Sliced } from "./Slice";
import { matching, readableOf, valuesOf } from "./figures";
import { texts } from "./texts";

type Insight = NonNullable<LabInsightFactsQuery["insight"]>;

export function Page({ parameters }: PageProps) {
  const read = useRead(LabInsightFacts, { id: parameters["id"] ?? "" });
  return <Shown read={read}>{({ insight }) => (insight ? <Found insight={insight} /> : <Unknown />)}</Shown>;
}

function Found({ insight }: { insight: Insight }) {
  const t = useWords(texts);
  const names = useWords(shared);
  const { number, date, time, epsilon } = useFormats();
  const { dataset } = insight;
  return (
    <>
      <PageTitle lead={t.facts(dataset.title, dataset.community.name, date(dataset.frozenOn))}>{useTitle(insight)}</PageTitle>
      <p>
        {t.published(insight.requestedBy?.name ?? names.own, time(insight.publishedAt))} {insight.purpose && t.purpose(insight.purpose)}
      </p>
      <p className="quiet">{t.cost(number(insight.cost.microRho), epsilon(insight.cost.epsilon))}</p>
      {insight.kind !== "COUNTS" && <p>{t.meansOnly}</p>}
      {insight.kind === "SUMS" && <p>{t.sizesFrom} <Sizes countedBy={insight.countedBy} /></p>}
      <Figures insight={insight} />
      <Beside insight={insight} />
      <Files id={insight.id} />
      <Proof insight={insight.id} />
    </>
  );
}

function Figures({ insight }: { insight: Insight }) {
  const t = useWords(texts);
  const { number, time } = useFormats();
  const title = useTitle(insight);
  const [sliced, setSliced] = useState<Sliced>(WHOLE);
  const [reconciled, setReconciled] = useState(false);
  const read = useRead(LabInsightFigures, { id: insight.id, by: sliced.by, where: sliced.where, all: false });
  const isWhole = sliced.by === null && sliced.where === null;
  const other = useRead(LabInsightReconciled, { id: insight.id }, { pause: !reconciled });
  const second = reconciled && isWhole ? other.data?.insight?.reconciled : undefined;
  const [everything, setEverything] = useState(false);
  const choice = useChoice(read.data?.insight ? [read.data.insight] : []);
  const isOfCounts = insight.kind === "COUNTS";
  const filters = isOfCounts ? [insight.variable, ...insight.by] : insight.by; // means are of all values
  const values = valuesOf(insight.variable);
  return (
    <Section id="figures" title={t.figures}>
      {choice.fields}
      {isOfCounts && (
        <Check checked={reconciled} disabled={!isWhole} onChange={setReconciled} hint={isWhole ? t.allHint : t.unsliced}>{t.all}</Check>
      )}
      {filters.length > 0 && <Slice filters={filters} by={insight.by} sliced={sliced} onSlice={setSliced} />}
      <Shown read={read}>{({ insight: found }) => {
        if (!found) return null;
        const { table, left } = everything ? { table: found, left: 0 } : readableOf(found);
        const beside = second && matching(second, table);
        return (
          <div aria-busy={read.loading}>
            <FiguresChart title={title} table={table} measure={choice.measure} arrangement={choice.arrangement} values={values} second={beside} />
            {second && <p className="quiet">{t.releases(number(second.releases), time(second.asOf))}</p>}
            {(left > 0 || everything) && (
              <Check checked={everything} onChange={setEverything} hint={left > 0 && t.left(number(left))}>{t.everything}</Check>
            )}
            <FiguresTable title={title} table={table} measure={choice.measure} second={beside} />
          </div>
        );
      }}</Shown>
    </Section>
  );
}

/** Whether means can be shown of it: by themselves, or from counts of a variable with a scale. */
function hasMeans({ kind, variable }: InsightLineFragment): boolean {
  return kind !== "COUNTS" || variable.scale === "INTERVAL";
}

function Beside({ insight }: { insight: Insight }) {
  const t = useWords(texts);
  const title = useTitles();
  const [, navigate] = useLocation();
  const others = insight.dataset.community.insights.nodes
    .filter((each) => each.id !== insight.id && (each.kind === insight.kind || (hasMeans(each) && hasMeans(insight))))
    .sort((one, other) => Number(other.variable.label === insight.variable.label) - Number(one.variable.label === insight.variable.label));
  const options = others.map((each) => ({ value: each.id, label: `${title(each)} — ${each.dataset.title}` }));
  return (
    <Section id="beside" title={t.beside}>
      {others.length === 0 ? (
        <p className="quiet">{t.noOther}</p>
      ) : (
        <Form submit={t.compare} onSubmit={(values) => navigate(`/lab/insights/${insight.id}/beside/${values["other"]}`)}>
          <SelectField name="other" label={t.otherInsight} options={options} />
        </Form>
      )}
    </Section>
  );
}

function Files({ id }: { id: string }) {
  const t = useWords(texts);
  const csv = useLanguage() === "fr" ? "fr.csv" : "csv"; // which spreadsheets in that language open
  return (
    <Section id="files" title={t.files}>
      <ul>
        <li><a href={`/insights/${id}.${csv}`} download>{t.csv}</a></li>
        <li><a href={`/insights/${id}.json`} download>{t.json}</a></li>
      </ul>
      <p className="quiet">{t.address}</p>
    </Section>
  );
}
