// A dataset: its budget, its variables with the question that is put together from them, and what was published from it.

import { Meter } from "../../../base/Meter";
import { Notice } from "../../../base/Notice";
import { PageTitle } from "../../../base/PageTitle";
import { Shown } from "../../../base/Shown";
import { Table } from "../../../base/Table";
import type { PageProps } from "../../../app/route";
import type { LabDatasetQuery } from "../../../../generated/buyer";
import { useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { LabDataset } from "../buyer/datasets";
import { Unknown } from "../Unknown";
import { texts as shared } from "../texts";
import "../lab.css";
import { Published } from "./Published";
import { Question } from "./Question";
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
      <PageTitle>{dataset.title}</PageTitle>
      <p>{t.facts(dataset.community.name, names.kinds[dataset.kind], date(dataset.frozenOn))}</p>
      <p>
        {t.size(number(dataset.size))}. {dataset.endedOn === null && t.until(date(dataset.endsOn))}{" "}
        {t.offered(dataset.offeredTo.map((each) => names.organizations[each]).join(", "))}
      </p>
      {dataset.endedOn === null ? (
        <>
          <Budget budget={dataset.budget} />
          <Question dataset={dataset} />
        </>
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
  const rows = [
    { precision: names.precisions.WITHIN_5, left: budget.within5 },
    { precision: names.precisions.WITHIN_10, left: budget.within10 },
    { precision: names.precisions.WITHIN_20, left: budget.within20 },
    { precision: names.precisions.WITHIN_50, left: budget.within50 },
  ];
  return (
    <section aria-labelledby="budget">
      <h2 id="budget">{t.budget}</h2>
      <Meter words={t.left(number(budget.remaining.microRho), number(budget.cap.microRho))} part={budget.remaining.microRho} whole={budget.cap.microRho} />
      <p>{t.enough}</p>
      <div className="small-table">
        <Table
          caption={t.budget}
          rows={rows}
          keyOf={(row) => row.precision}
          columns={[
            { title: t.precision, cell: (row) => row.precision, numeric: true },
            { title: t.insights, cell: (row) => number(row.left), numeric: true },
          ]}
        />
      </div>
    </section>
  );
}
