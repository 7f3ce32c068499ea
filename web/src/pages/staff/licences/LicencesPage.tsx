// What organizations request, beside the budgets that it would be spent from and the demand for them.

import { useState } from "react";
import type { LicenceCaseFragment, LicenceDecideInput } from "../../../../generated/manager";
import {
  Button, Facts, MutationForm, SelectField, Table, TextField, useFormats, useRead, useWords, type Fact, type Values,
} from "../../../base";
import { Queue } from "../Queue";
import { StaffPage } from "../StaffPage";
import { LicenceDecide, LicenceDemand, LicenceRequests } from "./manager/licences";
import { texts } from "./texts";

const CURRENCIES = ["EUR", "CHF", "GBP", "USD"];

export function Page() {
  const t = useWords(texts);
  return (
    <StaffPage title={t.licences} section="licences">
      <Queue operation={LicenceRequests} pageOf={(data) => data.licences} statuses={t.statuses} initial="REQUESTED">
        {(licence, onDone) => <Case key={licence.id} licence={licence} onDone={(granted) => onDone(granted ? t.granted : t.refused)} />}
      </Queue>
    </StaffPage>
  );
}

function Case({ licence, onDone }: { licence: LicenceCaseFragment; onDone: (granted: boolean) => void }) {
  const t = useWords(texts);
  const { number, date, time } = useFormats();
  const [deciding, setDeciding] = useState<boolean | null>(null);
  const { organization, community, price } = licence;
  const facts: Fact[] = [
    [t.purpose, licence.purposeKind ? `${licence.purpose} (${t.purposeKinds[licence.purposeKind]})` : licence.purpose],
    [t.community, community.name],
    [t.period, t.from(date(licence.startsOn), date(licence.endsOn))],
    [t.undertakings, licence.undertakingsAcceptedAt ? t.accepted(time(licence.undertakingsAcceptedAt)) : t.notAccepted],
    [t.quota, licence.status === "GRANTED" && `${number(licence.quota.microRho)} µρ`],
    [t.price, price && number(Number(price.amount), { style: "currency", currency: price.currency })],
  ];
  return (
    <article className="case" aria-labelledby={`title-${licence.id}`}>
      <h2 id={`title-${licence.id}`}>
        {organization.name} <span className="badge">{t.kinds[organization.kind]}</span> <span className="badge">{t.statuses[licence.status]}</span>
      </h2>
      <Facts facts={facts} />
      {licence.reason && <p>{t.decided(licence.reason)}</p>}
      {licence.status === "REQUESTED" && (
        <>
          <Budgets licence={licence} />
          <div className="actions">
            <Button onClick={() => setDeciding(deciding === true ? null : true)}>{t.grant}</Button>
            <Button kind="danger" onClick={() => setDeciding(deciding === false ? null : false)}>{t.refuse}</Button>
          </div>
          {deciding !== null && <Decide key={String(deciding)} licence={licence.id} granted={deciding} onDone={() => onDone(deciding)} />}
        </>
      )}
    </article>
  );
}

function Budgets({ licence: { community, organization } }: { licence: LicenceCaseFragment }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const demand = useRead(LicenceDemand, {});
  const rows = community.datasets.nodes;
  const others = demand.data?.licences.nodes.filter((each) => each.community.id === community.id) ?? [];
  const granted = others.filter((each) => each.status === "GRANTED");
  const quota = granted.reduce((sum, each) => sum + each.quota.microRho, 0);
  return (
    <>
      <h3>{t.budget(community.name)}</h3>
      {rows.length === 0 ? (
        <p className="quiet">{t.noDatasets}</p>
      ) : (
        <Table caption={t.budget(community.name)} rows={rows} columns={[
          { title: t.dataset, cell: ({ title, wave, endedOn }) => `${title} · ${wave}${endedOn ? ` (${t.ended})` : ""}` },
          { title: t.offered, cell: ({ offeredTo }) => (offeredTo.includes(organization.kind) ? t.yes : t.no) },
          { title: t.cap, cell: ({ budget }) => number(budget.cap.microRho), numeric: true },
          { title: t.spent, cell: ({ budget }) => number(budget.spent.microRho), numeric: true },
          { title: t.remaining, cell: ({ budget }) => number(budget.remaining.microRho), numeric: true },
          { title: t.left, cell: ({ budget }) => number(budget.insightsLeft), numeric: true },
        ]} />
      )}
      {demand.data && <p>{t.demand(number(others.filter((each) => each.status === "REQUESTED").length), number(granted.length), number(quota))}</p>}
    </>
  );
}

function Decide({ licence, granted, onDone }: { licence: string; granted: boolean; onDone: () => void }) {
  const t = useWords(texts);

  function inputOf({ quota, amount = "", currency = "", reason = "" }: Values): LicenceDecideInput {
    const paid = amount.trim().replace(",", ".");
    if (!granted) return { licence, granted, reason };
    return { licence, granted, quota: Number(quota), price: paid ? { amount: paid, currency } : null };
  }

  return (
    <MutationForm submit={granted ? t.grantNow : t.refuseNow} mutation={LicenceDecide} input={inputOf} onDone={onDone}>
      {granted ? (
        <>
          <TextField name="quota" label={t.quotaLabel} hint={t.quotaHint} type="number" required />
          <TextField name="amount" path="price.amount" label={t.amount} hint={t.amountHint} inputMode="decimal" />
          <SelectField name="currency" path="price.currency" label={t.currency} options={CURRENCIES.map((value) => ({ value, label: value }))} />
        </>
      ) : (
        <TextField name="reason" label={t.reason} hint={t.reasonHint} rows={3} required />
      )}
    </MutationForm>
  );
}
