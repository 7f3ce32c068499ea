// Two insights beside one another, on the same scale.

import "../lab.css";

import type { ReactNode } from "react";
import type { LabInsightFactsQuery } from "../../../../generated/buyer";
import type { PageProps } from "../../../app/route";
import { PageTitle, Shown } from "../../../base";
import { useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { InsightLink, useTitle } from "../InsightTable";
import { Unknown } from "../Unknown";
import { LabInsightFacts, LabInsightFigures } from "../buyer/insight";
import { FiguresChart, FiguresTable, useChoice, useFigure } from "./Figures";
import { rangeOf, readableOf, sectionsOf, valuesOf, type Table } from "./figures";
import { texts } from "./texts";

type Facts = NonNullable<LabInsightFactsQuery["insight"]>;

interface Side {
  facts: Facts;
  figures: Table;
}

export function Page({ parameters: { id = "", other = "" } }: PageProps) {
  return (
    <OneRead id={id}>
      {(first) => <OneRead id={other}>{(second) => (first && second ? <Both sides={[first, second]} /> : <Unknown />)}</OneRead>}
    </OneRead>
  );
}

function OneRead({ id, children }: { id: string; children: (side: Side | null) => ReactNode }) {
  const facts = useRead(LabInsightFacts, { id });
  const figures = useRead(LabInsightFigures, { id, by: null, where: null, all: false });
  return (
    <Shown read={facts}>{({ insight }) => (
      <Shown read={figures}>
        {({ insight: found }) => children(insight && found && { facts: insight, figures: readableOf(found).table })}
      </Shown>
    )}</Shown>
  );
}

function Both({ sides }: { sides: readonly [Side, Side] }) {
  const t = useWords(texts);
  const choice = useChoice(sides[0].figures);
  const format = useFigure(choice.measure);
  const ends = sides.map(({ facts, figures }) => {
    const sections = sectionsOf(figures, { ...choice, format, words: t });
    return rangeOf(sections, choice.measure, valuesOf(facts.variable))[1];
  });
  return (
    <>
      <PageTitle lead={t.scale}>{t.comparison}</PageTitle>
      {sides[0].facts.dataset.id !== sides[1].facts.dataset.id && <p>{t.differ}</p>}
      {choice.fields}
      <div className="columns compared">{sides.map(({ facts, figures }, place) => (
        <OneSide key={place} facts={facts}>{(title) => (
          <>
            <FiguresChart title={title} table={figures} {...choice} values={valuesOf(facts.variable)} most={Math.max(...ends)} />
            <FiguresTable title={title} table={figures} measure={choice.measure} />
          </>
        )}</OneSide>
      ))}</div>
    </>
  );
}

function OneSide({ facts, children }: { facts: Facts; children: (title: string) => React.ReactNode }) {
  const t = useWords(texts);
  const { date } = useFormats();
  const { dataset } = facts;
  return (
    <section>
      <h2><InsightLink insight={facts} /></h2>
      <p className="quiet">{t.facts(dataset.title, dataset.community.name, date(dataset.frozenOn))}</p>
      {children(useTitle(facts))}
    </section>
  );
}
