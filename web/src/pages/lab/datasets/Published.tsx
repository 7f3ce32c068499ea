// The insights published from a dataset, with those that are published meanwhile.

import { useState } from "react";
import { Notice, Paged, Section, useLive, usePaged, useWords } from "../../../base";
import { InsightTable } from "../InsightTable";
import { LabDatasetInsights, LabInsightPublished } from "../buyer/datasets";
import { texts } from "./texts";

export function Published({ dataset, community }: { dataset: string; community: string }) {
  const t = useWords(texts);
  const list = usePaged(LabDatasetInsights, { id: dataset });
  const [news, setNews] = useState(false);
  useLive(LabInsightPublished, { community }, () => {
    setNews(true);
    list.again();
  });
  return (
    <Section id="published" title={t.published}>
      {news && <Notice kind="good">{t.news}</Notice>}
      <Paged list={list} of={(data) => data.dataset?.insights} empty={t.none}>
        {(insights) => <InsightTable caption={t.published} insights={insights} />}
      </Paged>
    </Section>
  );
}
