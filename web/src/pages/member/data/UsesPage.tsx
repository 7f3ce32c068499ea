// Where the member's data went: what all uses reveal at most, and each of them.

import "./data.css";

import { Link } from "wouter";
import { Paged, PageTitle, useFormats, usePaged, useWords } from "../../../base";
import { useNames } from "../../ledger/named";
import { Allowance } from "./Allowance";
import { Tabs } from "./Tabs";
import { MyUses, type UseFragment } from "./patient/data";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = usePaged(MyUses, {});
  return (
    <>
      <PageTitle>{t.whereTo}</PageTitle>
      <Tabs />
      <p>{t.lead}</p>
      <Paged list={read} of={(data) => data.me.dataUses}>{(dataUses, { me: { privacyLoss } }) => (
        <>
          <Allowance loss={privacyLoss} />
          <h2>{t.eachUse}</h2>
          {dataUses.length === 0 && <p className="quiet">{t.noUses}</p>}
          <ul className="uses">{dataUses.map((use) => (
            <li key={use.id}><Summary use={use} allowance={privacyLoss.allowance.microRho} /></li>
          ))}</ul>
        </>
      )}</Paged>
    </>
  );
}

function Summary({ use, allowance }: { use: UseFragment; allowance: number }) {
  const t = useWords(texts);
  const { time, number } = useFormats();
  const { data, counted } = useNames()(use);
  const share = number(use.cost.microRho / allowance, { style: "percent", maximumSignificantDigits: 2 });
  return (
    <Link href={`/me/data/${use.id}`} className="card">
      <strong>{use.organization?.name ?? t.ownResearch}</strong>
      {use.organization && <span className="quiet"> · {t.kinds[use.organization.kind]}</span>}
      <p className="purpose">{use.purpose}</p>
      <p>{[data, ...counted].join(" · ")}</p>
      <p>{time(use.publishedAt)} · {t.costShare(share)}</p>
    </Link>
  );
}
