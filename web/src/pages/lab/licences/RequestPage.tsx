// The request for a licence: for which community, why, for how long, and under which undertakings.

import "../lab.css";

import { useState } from "react";
import { Link, useSearch } from "wouter";
import type { LabLicenceFormQuery } from "../../../../generated/buyer";
import {
  CheckField, MutationForm, Notice, optionsOf, PageTitle, Prose, SearchBox, Section, SelectField, Shown, TextField,
  useRead, useWords, type Values,
} from "../../../base";
import { ForRole } from "../ForRole";
import { LabCommunity, LabLicenceCommunities, LabLicenceForm, LabLicenceRequest } from "../buyer/licences";
import { texts as shared } from "../texts";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = useRead(LabLicenceForm, {});
  return (
    <>
      <PageTitle lead={t.titleLead}>{t.title}</PageTitle>
      <Shown read={read}>{(data) => <ForRole least="ADMINISTRATOR"><Request {...data} /></ForRole>}</Shown>
    </>
  );
}

function Request({ organization, undertakings }: LabLicenceFormQuery) {
  const t = useWords(texts);
  const { purposes } = useWords(shared);
  const [sent, setSent] = useState(false);

  function inputOf({ community = "", purpose = "", purposeKind, startsOn = "", endsOn = "" }: Values) {
    const kind = purposeKind as (typeof organization.purposes)[number];
    return { community, purpose, purposeKind: kind, undertakings: undertakings.version, startsOn, endsOn };
  }

  if (sent) {
    return (
      <Notice kind="good"><p>{t.requested}</p><Link href="/lab/licences">{t.again}</Link></Notice>
    );
  }
  return (
    <MutationForm once submit={t.send} mutation={LabLicenceRequest} input={inputOf} onDone={() => setSent(true)}>
      <CommunityField />
      <SelectField
        name="purposeKind"
        label={t.kind}
        hint={t.kindHint}
        required
        options={optionsOf(purposes, organization.purposes)}
      />
      <TextField name="purpose" label={t.purposeText} hint={t.purposeHint} rows={3} maxLength={500} required />
      <TextField name="startsOn" label={t.starts} type="date" required />
      <TextField name="endsOn" label={t.ends} hint={t.endsHint} type="date" required />
      <Section id="undertakings" title={t.undertakings(undertakings.version)}>
        <Prose>{undertakings.text}</Prose>
      </Section>
      <CheckField name="undertakings" label={t.accept} required />
    </MutationForm>
  );
}

function CommunityField() {
  const t = useWords(texts);
  const slug = new URLSearchParams(useSearch()).get("community");
  const [search, setSearch] = useState("");
  const given = useRead(LabCommunity, { slug: slug ?? "" }, { pause: slug === null });
  const read = useRead(LabLicenceCommunities, { search });
  const first = given.data?.community && search === "" ? [given.data.community] : [];
  const found = [...first, ...(read.data?.communities.nodes ?? []).filter((each) => each.id !== first[0]?.id)];
  return (
    <>
      <SearchBox label={t.search} hint={t.searchHint} onSearch={setSearch} />
      <SelectField
        key={first[0]?.id ?? "none"}
        name="community"
        label={t.community}
        required
        initial={first[0]?.id ?? ""}
        options={[{ value: "", label: t.chooseCommunity }, ...found.map(({ id, name }) => ({ value: id, label: name }))]}
      />
    </>
  );
}
