// The quote of a question, as it stands now, and its publication.

import { useState } from "react";
import { useLocation } from "wouter";
import type { InsightQuoteInput, LabQuoteQuery, Precision } from "../../../../generated/buyer";
import { Button, Dialog, Facts, Meter, Refused, Shown, Table } from "../../../base";
import { useAction, useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { InsightLink } from "../InsightTable";
import { LabInsightPublish, LabQuote } from "../buyer/question";
import { texts as shared } from "../texts";
import { texts } from "./texts";

const PRECISE_COUNT = 4; // a count of at least so many margins is precise

interface Props {
  /** In how many groups the variable is counted. */
  groups: number;
  input: InsightQuoteInput & { licence: string | null };
  onPrecision: (precision: Precision) => void;
  onMerge: (variable: string, codes: readonly string[]) => void;
}

type Quote = LabQuoteQuery["insightQuote"];

export function QuoteBox({ groups, input, onPrecision, onMerge }: Props) {
  const t = useWords(texts);
  const read = useRead(LabQuote, { input });
  return (
    <div aria-live="polite">
      <h3>{t.quote}</h3>
      <Shown read={read}>{({ insightQuote: quote }) => {
        const refused = quote.obstacles.length > 0;
        return (
          <>
            <Price quote={quote} />
            {input.licence !== null && <Refused refusals={quote.obstacles} />}
            <Suggestions quote={quote} onPrecision={onPrecision} onMerge={onMerge} />
            <Readable quote={quote} groups={groups} />
            {refused && quote.alreadyPublished && <Answered quote={quote} />}
            {input.licence !== null && !refused && <Publish input={input} quote={quote} />}
          </>
        );
      }}</Shown>
    </div>
  );
}

function Price({ quote }: { quote: Quote }) {
  const t = useWords(texts);
  const names = useWords(shared);
  const { number } = useFormats();
  const cost = quote.cost.microRho;
  const left = quote.remainingAfter.microRho;
  return (
    <>
      <Facts facts={[
        [t.cost, quote.alreadyPublished ? t.free : t.price(number(cost), number(quote.cost.epsilon, { maximumSignificantDigits: 3 }))],
        [t.cells, number(quote.cells)],
        [t.each, names.margin(number(quote.marginOfError))],
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

/** What is cheaper or better, each with what carries it out. */
function Suggestions({ quote, onPrecision, onMerge }: { quote: Quote } & Pick<Props, "onPrecision" | "onMerge">) {
  const t = useWords(texts);
  const { precisions } = useWords(shared);
  const action = (suggestion: Quote["suggestions"][number]) => {
    const { kind, variable, categories } = suggestion;
    if (kind === "MERGE_CATEGORIES" && variable) return <Button onClick={() => onMerge(variable, categories)}>{t.merge}</Button>;
    if (kind === "LESS_PRECISE") {
      return quote.cheaper.map((each) => (
        <Button key={each} onClick={() => onPrecision(each)}>{precisions[each]}</Button>
      ));
    }
    return kind === "COVERED" && quote.coveredBy.map((each) => <InsightLink key={each.id} insight={each} />);
  };
  if (quote.suggestions.length === 0) return null;
  return (
    <>
      <h3>{t.suggestions}</h3>
      <ul className="suggestions">{quote.suggestions.map((each) => (
        <li key={`${each.kind} ${each.variable}`}>
          <p>{each.message}</p>
          <div className="choices">{action(each)}</div>
        </li>
      ))}</ul>
    </>
  );
}

function Readable({ quote, groups }: { quote: Quote; groups: number }) {
  const t = useWords(texts);
  const { number } = useFormats();
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

/** The insight that answers the question, for those who may publish nothing. */
function Answered({ quote }: { quote: Quote }) {
  const t = useWords(texts);
  return <p>{t.coveredBy} {quote.coveredBy.slice(0, 1).map((each) => <InsightLink key={each.id} insight={each} />)}</p>;
}

function Publish({ input, quote }: { input: Props["input"]; quote: Quote }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState(false);
  const [clientMutationId] = useState(() => crypto.randomUUID());
  const { run, busy, ...state } = useAction(LabInsightPublish);

  async function publish(): Promise<void> {
    const made = await run({ input: { ...input, clientMutationId } });
    if (made?.insight) navigate(`/lab/insights/${made.insight.id}`);
  }

  if (quote.alreadyPublished) {
    return (
      <><Refused {...state} /><Button kind="primary" busy={busy} onClick={() => void publish()}>{t.open}</Button></>
    );
  }
  return (
    <>
      <Button kind="primary" onClick={() => setAsked(true)}>{t.publish}</Button>
      {asked && (
        <Dialog title={t.confirm} onClose={() => setAsked(false)}>
          <p>{t.spends(t.price(number(quote.cost.microRho), number(quote.cost.epsilon, { maximumSignificantDigits: 3 })))}</p>
          <p>{t.public}</p>
          <Refused {...state} />
          <Button kind="primary" busy={busy} onClick={() => void publish()}>{t.yes}</Button>
        </Dialog>
      )}
    </>
  );
}
