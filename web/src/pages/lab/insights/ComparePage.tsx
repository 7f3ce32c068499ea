// Two insights beside one another, on the same scale.

import "../lab.css";

import type { ReactNode } from "react";
import type { LabInsightFactsQuery } from "../../../../generated/buyer";
import { Notice, PageTitle, Shown, useFormats, useRead, useWords, type PageProps } from "../../../base";
import { InsightLink, useTitle } from "../InsightTable";
import { Unknown } from "../Unknown";
import { LabInsightFacts, LabInsightFigures } from "../buyer/insight";
import { texts as shared } from "../texts";
import { FiguresChart, FiguresTable, useChoice, useFigure } from "./Figures";
import { rangeOf, readableOf, sectionsOf, sharedBy, valuesOf, type Table } from "./figures";
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
  const tables = sides.map((each) => each.figures);
  const choice = useChoice(tables);
  const nothing = sharedBy(tables).length === 0;
  const format = useFigure(choice.measure);
  const ranges = sides.map(({ facts, figures }) => {
    const sections = sectionsOf(figures, { ...choice, format, words: t });
    return rangeOf(sections, choice.measure, valuesOf(facts.variable));
  });
  const range = [Math.min(...ranges.map(([start]) => start)), Math.max(...ranges.map(([, end]) => end))] as const;
  return (
    <>
      <PageTitle lead={nothing ? undefined : t.scale}>{t.comparison}</PageTitle>
      {sides[0].facts.dataset.id !== sides[1].facts.dataset.id && <p>{t.differ}</p>}
      {nothing ? <Notice>{t.nothingShared}</Notice> : choice.fields}
      <div className="columns compared">{sides.map(({ facts, figures }, place) => (
        <OneSide key={place} facts={facts}>{(title) => !nothing && (
          <>
            <FiguresChart title={title} table={figures} {...choice} values={valuesOf(facts.variable)} range={range} />
            <FiguresTable title={title} table={figures} measure={choice.measure} />
          </>
        )}</OneSide>
      ))}</div>
    </>
  );
}

function OneSide({ facts, children }: { facts: Facts; children: (title: string) => React.ReactNode }) {
  const t = useWords(texts);
  const { insightKinds } = useWords(shared);
  const { date } = useFormats();
  const { dataset } = facts;
  return (
    <section>
      <h2><InsightLink insight={facts} /></h2>
      <p className="quiet">{insightKinds[facts.kind]} · {t.facts(dataset.title, dataset.community.name, date(dataset.frozenOn))}</p>
      {children(useTitle(facts))}
    </section>
  );
}
