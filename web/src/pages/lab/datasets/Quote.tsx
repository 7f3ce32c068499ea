// The quote of a question, as it stands now, and its publication.

import { useLocation } from "wouter";
import type { InsightQuoteInput, LabQuoteQuery } from "../../../../generated/buyer";
import {
  Button, ConfirmButton, Facts, Meter, MutationButton, Notice, Refused, Shown, Table, useFormats, useRead, useWords,
} from "../../../base";
import { InsightLink, Sizes } from "../InsightTable";
import { valuesOf } from "../insights/figures";
import { LabInsightPublish, LabQuote } from "../buyer/question";
import { texts as shared } from "../texts";
import { countOf } from "./groupings";
import { countsOf, lacksCounts, plannedInput, type Planned, type Question } from "./question";
import { texts } from "./texts";

const PRECISE_COUNT = 4; // a count of at least so many margins is precise
const PRECISE_MEAN = 0.1; // a mean whose margin is at most such a part of its scale is precise

interface Props {
  dataset: string;
  question: Planned;
  licence: string | null;
  onChange: (made: Partial<Question>) => void;
  onMerge: (variable: string, codes: readonly string[]) => void;
  /** Adds questions to the plan; undefined if it has no room for two. */
  onPlan: ((...added: readonly Planned[]) => void) | undefined;
}

type Quote = LabQuoteQuery["insightQuote"];

export function QuoteBox({ dataset, question, licence, onChange, onMerge, onPlan }: Props) {
  const t = useWords(texts);
  const input = { dataset, ...plannedInput(question), licence };
  const read = useRead(LabQuote, { input });
  return (
    <div aria-live="polite">
      <h3>{t.quote}</h3>
      <Shown read={read}>{({ insightQuote: quote }) => {
        const refused = quote.obstacles.length > 0;
        const lacks = lacksCounts(question, quote);
        return (
          <>
            <Price quote={quote} question={question} lacks={lacks} />
            {lacks && <Lacking question={question} onChange={onChange} onPlan={onPlan} />}
            {licence !== null && <Refused refusals={quote.obstacles.filter((each) => !lacks || each.code !== "INVALID")} />}
            <Suggestions quote={quote} onChange={onChange} onMerge={onMerge} />
            {question.kind === "COUNTS" ? <Readable quote={quote} question={question} /> : <ReadableMeans quote={quote} question={question} />}
            {refused && quote.alreadyPublished && <Answered quote={quote} />}
            {licence !== null && !refused && <Publish input={input} quote={quote} />}
          </>
        );
      }}</Shown>
    </div>
  );
}

interface QuotedProps {
  quote: Quote;
  question: Planned;
}

function Price({ quote, question, lacks }: QuotedProps & { lacks: boolean }) {
  const t = useWords(texts);
  const names = useWords(shared);
  const { number, epsilon } = useFormats();
  const cost = quote.cost.microRho;
  const left = quote.remainingAfter.microRho;
  return (
    <>
      <Facts facts={[
        [t.cost, quote.alreadyPublished ? t.free : t.price(number(cost), epsilon(quote.cost.epsilon))],
        [question.kind === "COUNTS" ? t.cells : t.groupCount, number(quote.cells)],
        [t.each, question.kind === "COUNTS" && names.margin(number(quote.marginOfError))],
        [names.sizes, question.kind === "SUMS" && !lacks && <Sizes countedBy={quote.countedBy} />],
      ]} />
      {quote.affordable && <Meter words={t.after(number(left))} part={left + cost} whole={left + cost} next={cost} />}
      <details className="slice">
        <summary>{t.prices}</summary>
        <div className="small-table">
          <Table caption={t.prices} rows={quote.prices} keyOf={(each) => each.precision} columns={[
            { title: t.precision, cell: (each) => names.precisions[each.precision] },
            { title: t.cost, cell: (each) => number(each.cost.microRho), numeric: true },
            { title: t.affordable, cell: (each) => (each.affordable ? t.yesNo.yes : t.yesNo.no) },
          ]} />
        </div>
      </details>
    </>
  );
}

/** SUMS without published counts of their groups, and what to do. */
function Lacking({ question, onChange, onPlan }: Pick<Props, "question" | "onChange" | "onPlan">) {
  const t = useWords(texts);
  const counts = countsOf(question);
  return (
    <>
      <Notice kind="fault">{counts ? t.lacksCounts : t.lacksSize}</Notice>
      <div className="choices after-form">
        {counts && <Button onClick={() => onChange(counts)}>{t.askForCounts}</Button>}
        {counts && onPlan && <Button onClick={() => onPlan(counts, question)}>{t.planBoth}</Button>}
        <Button onClick={() => onChange({ kind: "MEANS" })}>{t.meanAlone}</Button>
      </div>
    </>
  );
}

/** What is cheaper or better, each with what carries it out. */
function Suggestions({ quote, onChange, onMerge }: { quote: Quote } & Pick<Props, "onChange" | "onMerge">) {
  const t = useWords(texts);
  const { number } = useFormats();
  const { precisions } = useWords(shared);
  const action = (suggestion: Quote["suggestions"][number]) => {
    const { kind, variable, categories, cost } = suggestion;
    if (kind === "MERGE_CATEGORIES" && variable) return <Button onClick={() => onMerge(variable, categories)}>{t.merge}</Button>;
    if (kind === "LESS_PRECISE") {
      return quote.cheaper.map((each) => (
        <Button key={each} onClick={() => onChange({ precision: each })}>{precisions[each]}</Button>
      ));
    }
    if (kind === "SUMS" && cost) return <Button onClick={() => onChange({ kind })}>{t.takeSizes(number(cost.microRho))}</Button>;
    return kind === "COVERED" && quote.coveredBy.map((each) => <InsightLink key={each.id} insight={each} />);
  };
  if (quote.suggestions.length === 0) return null;
  return (
    <>
      <h3>{t.suggestions}</h3>
      <ul className="suggestions">{quote.suggestions.map((each) => (
        <li key={`${each.kind} ${each.variable}`}>
          <p>{each.kind === "SUMS" ? <>{t.sizesKnown} <Sizes countedBy={quote.countedBy} /></> : each.message}</p>
          <div className="choices">{action(each)}</div>
        </li>
      ))}</ul>
    </>
  );
}

function Readable({ quote, question: { by, groupings } }: QuotedProps) {
  const t = useWords(texts);
  const { number } = useFormats();
  const groups = by.reduce((product, each, place) => product * countOf(each, groupings[place + 1]!), 1);
  const { marginOfError: margin, readableCells, leastCountShown, leastGroupForShare, leastGroupForMean } = quote;
  return (
    <>
      <h3>{t.readable}</h3>
      <ul className="readable">
        {readableCells !== null && <li>{t.readableCells(number(readableCells), number(quote.cells))}</li>}
        <li>{t.visible(number(leastCountShown))}</li>
        <li>{t.precise(number(PRECISE_COUNT * margin))}</li>
        {leastGroupForShare !== null && <li>{t.share(number(leastGroupForShare))}</li>}
        {leastGroupForMean !== null && <li>{t.mean(number(leastGroupForMean))}</li>}
        {groups > 1 && <li>{t.total(number(Math.round(margin * Math.sqrt(groups))))}</li>}
        <li>{t.never}</li>
      </ul>
    </>
  );
}

function ReadableMeans({ quote: { leastGroupForMean: least }, question: { variable, by } }: QuotedProps) {
  const t = useWords(texts);
  const { number } = useFormats();
  const values = valuesOf(variable);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return (
    <>
      <h3>{t.readable}</h3>
      <ul className="readable">
        {least !== null && <li>{t.meanWithin(number(least), number(PRECISE_MEAN * (high - low)), number(low), number(high))}</li>}
        <li>{by.length ? t.smallerGroups : t.withInterval}</li>
        <li>{t.meansOnly}</li>
        <li>{t.neverMean}</li>
      </ul>
    </>
  );
}

/** The insight that answers the question, for those who may publish nothing. */
function Answered({ quote }: { quote: Quote }) {
  const t = useWords(texts);
  return <p>{t.coveredBy} {quote.coveredBy.slice(0, 1).map((each) => <InsightLink key={each.id} insight={each} />)}</p>;
}

function Publish({ input, quote }: { input: InsightQuoteInput; quote: Quote }) {
  const t = useWords(texts);
  const { number, epsilon } = useFormats();
  const [, navigate] = useLocation();
  const publish = {
    kind: "primary" as const,
    once: true,
    mutation: LabInsightPublish,
    input,
    onDone: ({ insight }: { insight: { id: string } | null }) => insight && navigate(`/lab/insights/${insight.id}`),
  };
  if (quote.alreadyPublished) return <MutationButton {...publish}>{t.open}</MutationButton>;
  return (
    <ConfirmButton {...publish} button={t.publish} title={t.confirm} action={t.yes}>
      <p>{t.spends(t.price(number(quote.cost.microRho), epsilon(quote.cost.epsilon)))}</p>
      <p>{t.public}</p>
    </ConfirmButton>
  );
}
