// The insights published from a dataset, with those that are published meanwhile.

import { useState } from "react";
import { Notice, Pager, Section, Shown, usePages } from "../../../base";
import { useLive, useRead } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { InsightTable } from "../InsightTable";
import { LabDatasetInsights, LabInsightPublished } from "../buyer/datasets";
import { texts } from "./texts";

export function Published({ dataset, community }: { dataset: string; community: string }) {
  const t = useWords(texts);
  const pages = usePages();
  const read = useRead(LabDatasetInsights, { id: dataset, after: pages.after });
  const [news, setNews] = useState(false);
  useLive(LabInsightPublished, { community }, () => {
    setNews(true);
    read.again();
  });
  return (
    <Section id="published" title={t.published}>
      {news && <Notice kind="good">{t.news}</Notice>}
      <Shown read={read}>
        {({ dataset: found }) =>
          found && found.insights.nodes.length > 0 ? (
            <>
              <InsightTable caption={t.published} insights={found.insights.nodes} />
              <Pager pages={pages} pageInfo={found.insights.pageInfo} />
            </>
          ) : (
            <p className="quiet">{t.none}</p>
          )
        }
      </Shown>
    </Section>
  );
}
