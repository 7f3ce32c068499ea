// Two insights beside one another, on the same scale.

import "../lab.css";

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

export function Page({ parameters }: PageProps) {
  const left = useSide(parameters["id"] ?? "");
  const right = useSide(parameters["other"] ?? "");
  return (
    <Shown read={left.facts}>
      {(first) => (
        <Shown read={right.facts}>
          {(other) => (
            <Shown read={left.figures}>
              {(firsts) => (
                <Shown read={right.figures}>
                  {(others) =>
                    first.insight && other.insight && firsts.insight && others.insight ? (
                      <Both sides={[{ facts: first.insight, figures: readableOf(firsts.insight).table }, { facts: other.insight, figures: readableOf(others.insight).table }]} />
                    ) : (
                      <Unknown />
                    )
                  }
                </Shown>
              )}
            </Shown>
          )}
        </Shown>
      )}
    </Shown>
  );
}

function useSide(id: string) {
  return { facts: useRead(LabInsightFacts, { id }), figures: useRead(LabInsightFigures, { id, by: null, where: null, all: false }) };
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
      <PageTitle>{t.comparison}</PageTitle>
      <p>{t.scale}</p>
      {sides[0].facts.dataset.id !== sides[1].facts.dataset.id && <p>{t.differ}</p>}
      {choice.fields}
      <div className="columns compared">
        {sides.map(({ facts, figures }, place) => (
          <OneSide key={place} facts={facts}>
            {(title) => (
              <>
                <FiguresChart title={title} table={figures} {...choice} values={valuesOf(facts.variable)} most={Math.max(...ends)} />
                <FiguresTable title={title} table={figures} measure={choice.measure} />
              </>
            )}
          </OneSide>
        ))}
      </div>
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
