// The ledger's line of an insight, and a check by this browser that it vouches for the counts.

import { useState } from "react";
import type { LabInsightProofQuery } from "../../../../generated/buyer";
import { Button, Facts, Notice, Raw, Section, Shown, useFormats, useRead, useWords } from "../../../base";
import { LabInsightProof } from "../buyer/insight";
import { isVouchedFor } from "./commitment";
import { texts } from "./texts";

type Known = NonNullable<LabInsightProofQuery["insight"]>["proof"];

export function Proof({ insight }: { insight: string }) {
  const t = useWords(texts);
  const read = useRead(LabInsightProof, { id: insight });
  return (
    <Section id="proof" title={t.proof} lead={t.proofLead}>
      <Shown read={read}>{({ insight: found }) => found && <Checked proof={found.proof} />}</Shown>
    </Section>
  );
}

function Checked({ proof }: { proof: Known }) {
  const t = useWords(texts);
  const { number } = useFormats();
  const [holds, setHolds] = useState<boolean | null>(null);
  const { salt, counts, commitment, ledgerEntry } = proof;
  return (
    <>
      {"subtle" in crypto ? (
        <Button onClick={() => void isVouchedFor({ salt, counts, commitment, ...ledgerEntry }).then(setHolds)}>{t.verify}</Button>
      ) : (
        <Notice>{t.unable}</Notice>
      )}
      {holds !== null && <Notice kind={holds ? "good" : "fault"}>{holds ? t.verified(number(ledgerEntry.position)) : t.unverified}</Notice>}
      <div className="after-form">
        <Facts facts={[
          [t.entry, number(ledgerEntry.position)],
          [t.hash, <code>{ledgerEntry.hash}</code>],
          [t.line, <Raw>{ledgerEntry.line}</Raw>],
          [t.commitment, <code>{commitment}</code>],
          [t.salt, <code>{salt ?? t.noSalt}</code>],
          [t.counts, <Raw>{JSON.stringify(counts)}</Raw>],
        ]} />
      </div>
    </>
  );
}
