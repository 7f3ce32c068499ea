// The quote of a question, as it stands now, and its publication.

import { useState } from "react";
import { useLocation } from "wouter";
import type { InsightQuoteInput, LabQuoteQuery, Precision, VariableFactsFragment } from "../../../../generated/buyer";
import { Button } from "../../../base/Button";
import { Refused } from "../../../base/Confirm";
import { Dialog } from "../../../base/Dialog";
import { Meter } from "../../../base/Meter";
import { Notice } from "../../../base/Notice";
import { Shown } from "../../../base/Shown";
import { useAction, useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { LabInsightPublish, LabQuote } from "../buyer/question";
import { InsightLink } from "../InsightTable";
import { texts as shared } from "../texts";
import { leastPrecise, leastShown, marginOfSum } from "./readable";
import { texts } from "./texts";

interface Props {
  size: number;
  variable: VariableFactsFragment;
  by: readonly VariableFactsFragment[];
  input: InsightQuoteInput & { licence: string | null };
  onPrecision: (precision: Precision) => void;
}

type Quote = LabQuoteQuery["insightQuote"];

export function QuoteBox({ size, variable, by, input, onPrecision }: Props) {
  const t = useWords(texts);
  const { precisions } = useWords(shared);
  const read = useRead(LabQuote, { input });
  return (
    <div aria-live="polite">
      <h3>{t.quote}</h3>
      <Shown read={read}>
        {({ insightQuote: quote }) => (
          <>
            <Price quote={quote} />
            {!quote.affordable && input.licence !== null && (
              <Notice kind="fault">
                <p>{t.short}</p>
              </Notice>
            )}
            {!quote.affordable && quote.cheaper.length > 0 && (
              <>
                <p>{t.cheaper}</p>
                <div className="choices">
                  {quote.cheaper.map((each) => (
                    <Button key={each} onClick={() => onPrecision(each)}>
                      {precisions[each]}
                    </Button>
                  ))}
                </div>
              </>
            )}
            {quote.coveredBy.length > 0 && (
              <>
                <p>{t.covered}</p>
                <ul>
                  {quote.coveredBy.map((each) => (
                    <li key={each.id}>
                      <InsightLink insight={each} />
                    </li>
                  ))}
                </ul>
              </>
            )}
            <Readable quote={quote} size={size} groups={by.reduce((product, each) => product * each.categories.length, 1)} several={variable.maxPerMember > 1} />
            {input.licence !== null && quote.affordable && <Publish input={input} quote={quote} />}
          </>
        )}
      </Shown>
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
      <dl className="facts">
        <dt>{t.cost}</dt>
        <dd>{quote.alreadyPublished ? t.free : t.price(number(cost), number(quote.cost.epsilon, { maximumSignificantDigits: 3 }))}</dd>
        <dt>{t.cells}</dt>
        <dd>{number(quote.cells)}</dd>
        <dt>{t.each}</dt>
        <dd>{names.margin(number(quote.marginOfError))}</dd>
      </dl>
      {quote.affordable && <Meter words={t.after(number(left))} part={left + cost} whole={left + cost} next={cost} />}
    </>
  );
}

function Readable({ quote, size, groups, several }: { quote: Quote; size: number; groups: number; several: boolean }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const margin = quote.marginOfError;
  const shown = leastShown(margin, quote.cells);
  const mean = Math.max(0, Math.round(size / quote.cells));
  const likely = mean < shown ? t.likelyHidden : mean < leastPrecise(margin) ? t.likelyLow : t.likelyHigh;
  return (
    <>
      <h3>{t.readable}</h3>
      <ul>
        {!several && <li>{likely(number(mean))}</li>}
        <li>{t.visible(number(shown))}</li>
        <li>{t.precise(number(leastPrecise(margin)))}</li>
        {groups > 1 && <li>{t.total(number(marginOfSum(margin, groups)))}</li>}
        <li>{t.never}</li>
      </ul>
    </>
  );
}

function Publish({ input, quote }: { input: Props["input"]; quote: Quote }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState(false);
  const [clientMutationId] = useState(() => crypto.randomUUID());
  const { run, busy, ...state } = useAction(LabInsightPublish, (data) => data.insightPublish);

  async function publish(): Promise<void> {
    const made = await run({ input: { ...input, clientMutationId } });
    if (made?.insight) navigate(`/lab/insights/${made.insight.id}`);
  }

  if (quote.alreadyPublished) {
    return (
      <>
        <Refused {...state} />
        <Button kind="primary" busy={busy} onClick={() => void publish()}>
          {t.open}
        </Button>
      </>
    );
  }
  return (
    <>
      <Button kind="primary" onClick={() => setAsked(true)}>
        {t.publish}
      </Button>
      {asked && (
        <Dialog title={t.confirm} onClose={() => setAsked(false)}>
          <p>{t.spends(t.price(number(quote.cost.microRho), number(quote.cost.epsilon, { maximumSignificantDigits: 3 })))}</p>
          <p>{t.public}</p>
          <Refused {...state} />
          <Button kind="primary" busy={busy} onClick={() => void publish()}>
            {t.yes}
          </Button>
        </Dialog>
      )}
    </>
  );
}
