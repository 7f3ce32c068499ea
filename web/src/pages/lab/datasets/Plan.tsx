// The plan: questions that are priced together, and published as one.

import { useState } from "react";
import type { LabPlanPublishMutation, LabPlanQuoteQuery } from "../../../../generated/buyer";
import {
  Button, Confirm, Done, Facts, Meter, Notice, Refused, Section, Shown, useAction, useFormats, useRead, useWords,
  type Failure, type Refusal,
} from "../../../base";
import { InsightLink, InsightTable, Sizes, useTitle } from "../InsightTable";
import { LabPlanPublish, LabPlanQuote } from "../buyer/question";
import { texts as shared } from "../texts";
import { countOf } from "./groupings";
import { lacksCounts, mergeableOf, plannedInput, withQuestions, written, type Planned } from "./question";
import { texts } from "./texts";

interface Props {
  dataset: string;
  licence: { readonly id: string; readonly purpose: string } | null;
  questions: readonly Planned[];
  onChange: (kept: readonly Planned[]) => void;
}

type Published = NonNullable<LabPlanPublishMutation["insightPlanPublish"]>;
type Quote = LabPlanQuoteQuery["insightPlanQuote"];

export function Plan({ questions, onChange, ...more }: Props) {
  const t = useWords(texts);
  const price = usePrice();
  const [published, setPublished] = useState<Published | null>(null);
  if (questions.length === 0 && !published) return null;
  return (
    <Section id="plan" title={t.plan}>
      {questions.length > 0 ? (
        <>
          <p>{t.planLead}</p>
          <Questions questions={questions} onChange={onChange} onPublished={(made) => (setPublished(made), onChange([]))} {...more} />
        </>
      ) : (
        published?.charged && (
          <>
            <Done>{t.planPublished(price(published.charged))}</Done>
            <InsightTable caption={t.planTables} insights={published.insights ?? []} />
          </>
        )
      )}
    </Section>
  );
}

function Questions({ dataset, licence, questions, onChange, onPublished }: Props & { onPublished: (made: Published) => void }) {
  const t = useWords(texts);
  const input = { dataset, licence: licence?.id ?? null, questions: questions.map(plannedInput) };
  const sent = JSON.stringify(input);
  const read = useRead(LabPlanQuote, { input });
  const [refused, setRefused] = useState(""); // what the refusals are about
  const { run, ...state } = useAction(LabPlanPublish, { once: true });

  async function publish(): Promise<void> {
    setRefused(sent);
    const made = await run(input);
    if (made) onPublished(made);
  }

  const quoted = read.failure && typeof read.failure === "object" ? (read.failure.refusals ?? []) : [];
  const refusals = [...quoted, ...(refused === sent ? state.refusals : [])];
  const atQuestions = refusals.filter((each) => placeOf(each) !== null);
  return (
    <>
      <ol className="plan">{questions.map((question, place) => (
        <li key={String(written(question))}>
          <Entry
            question={question}
            quote={read.data?.insightPlanQuote.questions[place]}
            whole={read.data?.insightPlanQuote}
            refusals={atQuestions.filter((each) => placeOf(each) === place)}
            onSums={() => onChange(withQuestions([], ...questions.map((each): Planned => (each === question ? { ...each, kind: "SUMS" } : each))))}
            onRemove={() => onChange(questions.filter((each) => each !== question))}
          />
        </li>
      ))}</ol>
      <div aria-live="polite">
        {atQuestions.length > 0 && <Notice kind="fault">{t.planRefused}</Notice>}
        {atQuestions.length === 0 && (
          <Shown read={read}>{({ insightPlanQuote: quote }) => (
            <Whole
              quote={quote}
              licence={licence}
              count={questions.length}
              publish={() => void publish()}
              busy={state.busy}
              refusals={refused === sent ? state.refusals : []}
              failure={refused === sent ? state.failure : null}
            />
          )}</Shown>
        )}
      </div>
    </>
  );
}

interface EntryProps {
  question: Planned;
  quote: Quote["questions"][number] | undefined;
  whole: Quote | undefined;
  refusals: readonly Refusal[];
  /** Takes published sizes of its groups. */
  onSums: () => void;
  onRemove: () => void;
}

/** A question of the plan: what it costs there, and what is wrong with it. */
function Entry({ question, quote, whole, refusals, onSums, onRemove }: EntryProps) {
  const t = useWords(texts);
  const { precisions, insightKinds } = useWords(shared);
  const { number } = useFormats();
  const title = useTitle(question);
  const merged = mergeableOf(question)
    .map((each) => [each, countOf(each, question.groupings.find((one) => one.variable === each.name)!)] as const)
    .filter(([each, count]) => count !== each.categories.length);
  const lacks = quote ? lacksCounts(question, quote.quote) : false;
  const suggested = quote?.quote.suggestions.find((each) => each.kind === "SUMS")?.cost;
  const counted = quote && (quote.countedWith === null ? <Sizes countedBy={quote.quote.countedBy} /> : t.questionOf(number(quote.countedWith + 1)));
  const isSaidElsewhere = (obstacle: { code: string; message: string }): boolean =>
    (lacks && obstacle.code === "INVALID") || (whole?.obstacles.some((each) => each.message === obstacle.message) ?? false);
  const others = quote?.quote.obstacles.filter((each) => !isSaidElsewhere(each)) ?? [];
  return (
    <>
      <p>
        <strong>{title}</strong>
        <span className="quiet">
          {" · "}
          {insightKinds[question.kind]}
          {" · "}
          {precisions[question.precision]}
          {merged.map(([each, count]) => ` · ${t.groupsOf(each.label, number(count))}`)}
        </span>
      </p>
      {quote && (
        <ul className="notes">
          <li>{t.planCost(number(quote.cost.microRho))}</li>
          {quote.sameAs !== null && <li>{t.sameAs(number(quote.sameAs + 1))}</li>}
          {quote.quote.alreadyPublished && <li>{t.free}</li>}
          {quote.coveredWith.length > 0 && <li>{t.coveredWith(quote.coveredWith.map((each) => number(each + 1)).join(", "))}</li>}
          {question.kind === "SUMS" && !lacks && <li>{t.sizesFrom} {counted}</li>}
          {suggested && (
            <li>
              {t.sizesKnown} {counted}{" "}
              <Button label={t.takeSizesFor(number(suggested.microRho), title)} onClick={onSums}>{t.takeSizes(number(suggested.microRho))}</Button>
            </li>
          )}
          {!quote.quote.alreadyPublished && quote.quote.coveredBy.length > 0 && (
            <li>{t.coveredBy} {quote.quote.coveredBy.map((each) => <InsightLink key={each.id} insight={each} />)}</li>
          )}
        </ul>
      )}
      {lacks && <Notice kind="fault">{question.by.length ? t.lacksCounts : t.lacksSize}</Notice>}
      <Refused refusals={[...refusals, ...others]} />
      <Button label={t.removePlanned(title)} onClick={onRemove}>{t.leaveOut}</Button>
    </>
  );
}

interface WholeProps {
  quote: Quote;
  licence: Props["licence"];
  count: number;
  publish: () => void;
  busy: boolean;
  refusals: readonly Refusal[];
  failure: Failure | null;
}

/** The price of all questions, and their publication. */
function Whole({ quote, licence, count, publish, ...state }: WholeProps) {
  const t = useWords(texts);
  const { number } = useFormats();
  const price = usePrice();
  const [asks, setAsks] = useState(false);
  const left = quote.remainingAfter.microRho;
  const cost = quote.cost.microRho;
  const lacks = quote.obstacles.some((each) => each.code === "INVALID"); // counts of groups: said at the question
  return (
    <>
      <Facts facts={[
        [t.wholePlan, price(quote.cost)],
        [t.uncovered, quote.costOfUncovered.microRho < cost && `${number(quote.costOfUncovered.microRho)} micro-rho`],
        [t.licence, licence?.purpose],
      ]} />
      {quote.affordable && <Meter words={t.after(number(left))} part={left + cost} whole={left + cost} next={cost} />}
      {licence && lacks && <Notice kind="fault">{t.planRefused}</Notice>}
      {licence && <Refused refusals={quote.obstacles.filter((each) => each.code !== "INVALID")} />}
      {licence && quote.obstacles.length === 0 && (
        <div className="after-form"><Button kind="primary" onClick={() => setAsks(true)}>{t.publishPlan}</Button></div>
      )}
      {asks && (
        <Confirm kind="primary" title={t.confirmPlan(number(count))} action={t.yesAll} {...state} onConfirm={publish} onClose={() => setAsks(false)}>
          <p>{t.planSpends(price(quote.cost))}</p>
          <p>{t.publicPlan}</p>
        </Confirm>
      )}
    </>
  );
}

/** What is spent, in words. */
function usePrice(): (cost: { readonly microRho: number; readonly epsilon: number }) => string {
  const t = useWords(texts);
  const { number, epsilon } = useFormats();
  return (cost) => t.price(number(cost.microRho), epsilon(cost.epsilon));
}

/** Which question a refusal is about: its path is `input.questions.N` and more. */
function placeOf({ path }: Refusal): number | null {
  return path[1] === "questions" && path[2] !== undefined ? Number(path[2]) : null;
}
