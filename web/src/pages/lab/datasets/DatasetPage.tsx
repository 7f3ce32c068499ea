// A dataset: its budget, its variables with the question that is put together from them, and what was published from it.

import "../lab.css";

import type { LabDatasetQuery } from "../../../../generated/buyer";
import {
  Meter, Notice, PageTitle, Section, Shown, Table, useFormats, useRead, useWords, type PageProps,
} from "../../../base";
import { Unknown } from "../Unknown";
import { LabDataset } from "../buyer/datasets";
import { texts as shared } from "../texts";
import { Ask } from "./Ask";
import { Published } from "./Published";
import { PRECISIONS } from "./question";
import { texts } from "./texts";

export type Dataset = NonNullable<LabDatasetQuery["dataset"]>;

export function Page({ parameters }: PageProps) {
  const read = useRead(LabDataset, { id: parameters["id"] ?? "" });
  return <Shown read={read}>{({ dataset }) => (dataset ? <Found dataset={dataset} /> : <Unknown />)}</Shown>;
}

function Found({ dataset }: { dataset: Dataset }) {
  const t = useWords(texts);
  const names = useWords(shared);
  const { number, date } = useFormats();
  return (
    <>
      <PageTitle lead={t.facts(dataset.community.name, names.kinds[dataset.kind], date(dataset.frozenOn))}>{dataset.title}</PageTitle>
      <p>
        {t.size(number(dataset.size))}. {dataset.endedOn === null && t.until(date(dataset.endsOn))}{" "}
        {t.offered(dataset.offeredTo.map((each) => names.organizations[each]).join(", "))}
      </p>
      {dataset.endedOn === null ? (
        <><Budget budget={dataset.budget} /><Ask dataset={dataset} /></>
      ) : (
        <Notice>{t.ended(date(dataset.endedOn))}</Notice>
      )}
      <Published dataset={dataset.id} community={dataset.community.slug} />
    </>
  );
}

function Budget({ budget }: { budget: Dataset["budget"] }) {
  const t = useWords(texts);
  const names = useWords(shared);
  const { number } = useFormats();
  const left = { WITHIN_5: budget.within5, WITHIN_10: budget.within10, WITHIN_20: budget.within20, WITHIN_50: budget.within50 };
  return (
    <Section id="budget" title={t.budget}>
      <Meter words={t.left(number(budget.remaining.microRho), number(budget.cap.microRho))} part={budget.remaining.microRho} whole={budget.cap.microRho} />
      <p>{t.enough}</p>
      <div className="small-table">
        <Table caption={t.budget} rows={[left]} keyOf={() => t.insights} columns={[
          { title: t.precision, cell: () => t.insights },
          ...PRECISIONS.map((each) => ({ title: names.precisions[each], cell: (row: typeof left) => number(row[each]), numeric: true })),
        ]} />
      </div>
    </Section>
  );
}
