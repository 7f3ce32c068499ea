// Where the member's data went: what all uses reveal at most, and each of them.

import "./data.css";

import { Link } from "wouter";
import { Pager, PageTitle, Shown, usePages } from "../../../base";
import { useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
import { useNames } from "../../ledger/named";
import { Allowance } from "./Allowance";
import { Tabs } from "./Tabs";
import { MyUses, type ListedUseFragment } from "./patient/data";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const pages = usePages();
  const read = useRead(MyUses, { after: pages.after });
  return (
    <>
      <PageTitle>{t.whereTo}</PageTitle>
      <Tabs />
      <p>{t.lead}</p>
      <Shown read={read}>
        {({ me: { privacyLoss, dataUses } }) => (
          <>
            <Allowance loss={privacyLoss} />
            <h2>{t.eachUse}</h2>
            {dataUses.nodes.length === 0 && <p className="quiet">{t.noUses}</p>}
            <ul className="uses">
              {dataUses.nodes.map((use) => (
                <li key={use.id}><Summary use={use} allowance={privacyLoss.allowance.microRho} /></li>
              ))}
            </ul>
            <Pager pages={pages} pageInfo={dataUses.pageInfo} />
          </>
        )}
      </Shown>
    </>
  );
}

function Summary({ use, allowance }: { use: ListedUseFragment; allowance: number }) {
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
