// What was published, as laboratories see it: its chart, and its table with the groups of too few members to be drawn.

import { useFormats, useWords } from "../../../base";
import { FiguresChart, FiguresTable, useChoice } from "../../lab/insights/Figures";
import { readableOf, valuesOf } from "../../lab/insights/figures";
import type { PublishedTableFragment } from "./patient/data";
import { texts } from "./texts";

export function Numbers({ insight }: { insight: PublishedTableFragment }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const choice = useChoice([insight]);
  const { table, left } = readableOf(insight);
  const title = [insight.variable, ...insight.by].map((each) => each.label).join(" · ");
  return (
    <>
      <p>{insight.kind === "COUNTS" ? t.numbersLead(number(insight.marginOfError)) : t.meansLead}</p>
      <h3>{title}</h3>
      {choice.fields}
      <FiguresChart title={title} table={table} measure={choice.measure} arrangement={choice.arrangement} values={valuesOf(insight.variable)} />
      {left > 0 && <p className="quiet">{t.hiddenGroups(number(left))}</p>}
      <details>
        <summary>{t.asTable}</summary>
        <FiguresTable title={title} table={insight} measure={choice.measure} />
      </details>
    </>
  );
}
