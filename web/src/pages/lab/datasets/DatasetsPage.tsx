// The catalogue of datasets: the first page of organizations.

import "../lab.css";

import { useState } from "react";
import { Link } from "wouter";
import { Meter, Paged, PageTitle, SelectField, usePaged } from "../../../base";
import { useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { LabDatasets, LabOrganization } from "../buyer/datasets";
import { texts as shared } from "../texts";
import { texts } from "./texts";

type Kind = "SURVEY" | "TRACKING";

export function Page() {
  const t = useWords(texts);
  const names = useWords(shared);
  return (
    <><PageTitle lead={t.lead}>{names.datasets}</PageTitle><Catalogue /></>
  );
}

function Catalogue() {
  const t = useWords(texts);
  const names = useWords(shared);
  const [kind, setKind] = useState<Kind | null>(null);
  const [community, setCommunity] = useState<string | null>(null);
  const own = useRead(LabOrganization, {});
  const licences = (own.data?.organization.licences ?? []).filter((each) => each.status === "GRANTED");
  const communities = new Map(licences.map((each) => [each.community.slug, each.community]));
  return (
    <>
      <div className="filters">
        <SelectField name="kind" label={t.kind} onChange={(value) => setKind((value || null) as Kind | null)} options={[
          { value: "", label: t.any },
          { value: "TRACKING", label: names.kinds.TRACKING },
          { value: "SURVEY", label: names.kinds.SURVEY },
        ]} />
        <SelectField
          name="community"
          label={t.community}
          onChange={(value) => setCommunity(value || null)}
          options={[{ value: "", label: t.anyCommunity }, ...[...communities.values()].map(({ slug, name }) => ({ value: slug, label: name }))]}
        />
      </div>
      <Found key={`${kind} ${community}`} kind={kind} community={community} licensed={new Set([...communities.values()].map((each) => each.id))} />
    </>
  );
}

function Found({ kind, community, licensed }: { kind: Kind | null; community: string | null; licensed: ReadonlySet<string> }) {
  const t = useWords(texts);
  const names = useWords(shared);
  const { number, date } = useFormats();
  const read = usePaged(LabDatasets, { kind, community });
  return (
    <Paged list={read} of={(data) => data.datasets}>{(nodes) => (
      <>
        {nodes.length === 0 && <p>{t.nothingFound}</p>}
        <ul className="cards">{nodes.map((each) => (
          <li key={each.id}>
            <Link href={`/lab/datasets/${each.id}`} className="card">
              <strong>{each.title}</strong>
              <p>{t.facts(each.community.name, names.kinds[each.kind], date(each.frozenOn))}</p>
              <p>{t.size(number(each.size))}</p>
              {each.endedOn === null ? (
                <Meter
                  words={t.left(number(each.budget.remaining.microRho), number(each.budget.cap.microRho))}
                  part={each.budget.remaining.microRho}
                  whole={each.budget.cap.microRho}
                />
              ) : (
                <p>{t.ended(date(each.endedOn))}</p>
              )}
              <p>{licensed.has(each.community.id) ? <span className="badge good">{t.licensed}</span> : <span className="badge">{t.unlicensed}</span>}</p>
            </Link>
          </li>
        ))}</ul>
      </>
    )}</Paged>
  );
}
