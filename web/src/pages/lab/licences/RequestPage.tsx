// The request for a licence: for which community, why, for how long, and under which undertakings.

import { useState } from "react";
import { Link, useSearch } from "wouter";
import { CheckField, SelectField, TextField } from "../../../base/Field";
import { Form } from "../../../base/Form";
import { Notice } from "../../../base/Notice";
import { PageTitle } from "../../../base/PageTitle";
import { Prose } from "../../../base/Prose";
import { SearchBox } from "../../../base/SearchBox";
import { Shown } from "../../../base/Shown";
import type { LabLicenceFormQuery } from "../../../../generated/buyer";
import { useAction, useRead } from "../../../graph/hooks";
import { useWords } from "../../../text/words";
import { LabCommunity, LabLicenceCommunities, LabLicenceForm, LabLicenceRequest } from "../buyer/licences";
import { ForRole } from "../ForRole";
import "../lab.css";
import { texts as shared } from "../texts";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = useRead(LabLicenceForm, {});
  return (
    <>
      <PageTitle>{t.title}</PageTitle>
      <p>{t.titleLead}</p>
      <Shown read={read}>{(data) => (
          <ForRole least="ADMINISTRATOR"><Request {...data} /></ForRole>
        )}</Shown>
    </>
  );
}

function Request({ organization, undertakings }: LabLicenceFormQuery) {
  const t = useWords(texts);
  const { purposes } = useWords(shared);
  const { run, ...state } = useAction(LabLicenceRequest, (data) => data.licenceRequest);
  const [sent, setSent] = useState(false);
  const [clientMutationId, setClientMutationId] = useState(() => crypto.randomUUID());

  async function request(values: Record<string, string>): Promise<void> {
    const { community = "", purpose = "", purposeKind, startsOn = "", endsOn = "" } = values;
    const input = { community, purpose, purposeKind: purposeKind as (typeof organization.purposes)[number], undertakings: undertakings.version, startsOn, endsOn };
    const made = await run({ input: { ...input, clientMutationId } });
    setClientMutationId(crypto.randomUUID()); // the next one may be of other values
    if (made) setSent(true);
  }

  if (sent) {
    return (
      <Notice kind="good"><p>{t.requested}</p><Link href="/lab/licences">{t.again}</Link></Notice>
    );
  }
  return (
    <Form submit={t.send} {...state} onSubmit={(values) => void request(values)}>
      <CommunityField />
      <SelectField
        name="purposeKind"
        label={t.kind}
        hint={t.kindHint}
        required
        options={organization.purposes.map((value) => ({ value, label: purposes[value] }))}
      />
      <TextField name="purpose" label={t.purposeText} hint={t.purposeHint} rows={3} maxLength={500} required />
      <TextField name="startsOn" label={t.starts} type="date" required />
      <TextField name="endsOn" label={t.ends} hint={t.endsHint} type="date" required />
      <section aria-labelledby="undertakings">
        <h2 id="undertakings">{t.undertakings(undertakings.version)}</h2>
        <Prose>{undertakings.text}</Prose>
      </section>
      <CheckField name="undertakings" label={t.accept} required />
    </Form>
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
