// The catalogue of datasets: the first page of organizations.

import "../lab.css";

import { useState } from "react";
import { Link } from "wouter";
import type { DatasetKind, LabDatasetsQuery } from "../../../../generated/buyer";
import {
  Meter, optionsOf, Paged, PageTitle, SelectField, useFormats, usePaged, useRead, useWords,
} from "../../../base";
import { LabDatasets, LabOrganization } from "../buyer/datasets";
import { texts as shared } from "../texts";
import { texts } from "./texts";

type Dataset = LabDatasetsQuery["datasets"]["nodes"][number];

export function Page() {
  const t = useWords(texts);
  const names = useWords(shared);
  const [kind, setKind] = useState<DatasetKind | null>(null);
  const [community, setCommunity] = useState<string | null>(null);
  const list = usePaged(LabDatasets, { kind, community });
  const own = useRead(LabOrganization, {});
  const licences = (own.data?.organization.licences ?? []).filter((each) => each.status === "GRANTED");
  const communities = [...new Map(licences.map((each) => [each.community.slug, each.community])).values()];
  return (
    <>
      <PageTitle lead={t.lead}>{names.datasets}</PageTitle>
      <div className="filters">
        <SelectField
          name="kind"
          label={t.kind}
          onChange={(value) => setKind((value || null) as DatasetKind | null)}
          options={[{ value: "", label: t.any }, ...optionsOf(names.kinds, ["TRACKING", "SURVEY"] as const)]}
        />
        <SelectField
          name="community"
          label={t.community}
          onChange={(value) => setCommunity(value || null)}
          options={[{ value: "", label: t.anyCommunity }, ...communities.map(({ slug, name }) => ({ value: slug, label: name }))]}
        />
      </div>
      <Paged list={list} of={(data) => data.datasets} empty={t.nothingFound}>{(datasets) => (
        <ul className="cards">{datasets.map((each) => (
          <li key={each.id}><Card dataset={each} isLicensed={communities.some(({ id }) => id === each.community.id)} /></li>
        ))}</ul>
      )}</Paged>
    </>
  );
}

function Card({ dataset, isLicensed }: { dataset: Dataset; isLicensed: boolean }) {
  const t = useWords(texts);
  const { kinds } = useWords(shared);
  const { number, date } = useFormats();
  const { remaining, cap } = dataset.budget;
  return (
    <Link href={`/lab/datasets/${dataset.id}`} className="card">
      <strong>{dataset.title}</strong>
      <p>{t.facts(dataset.community.name, kinds[dataset.kind], date(dataset.frozenOn))}</p>
      <p>{t.size(number(dataset.size))}</p>
      {dataset.endedOn === null ? (
        <Meter words={t.left(number(remaining.microRho), number(cap.microRho))} part={remaining.microRho} whole={cap.microRho} />
      ) : (
        <p>{t.ended(date(dataset.endedOn))}</p>
      )}
      <p>{isLicensed ? <span className="badge good">{t.licensed}</span> : <span className="badge">{t.unlicensed}</span>}</p>
    </Link>
  );
}
