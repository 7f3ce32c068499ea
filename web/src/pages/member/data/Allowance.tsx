// What all uses of the member's data reveal at most: in a sentence, as a picture, and in numbers.

import { Section, Table, useFormats, useWords } from "../../../base";
import type { LossFragment } from "./patient/data";
import { texts } from "./texts";

export function Allowance({ loss }: { loss: LossFragment }) {
  const t = useWords(texts);
  const { number, percent, epsilon } = useFormats();
  const guess = percent(Math.ceil(loss.guess * 100) / 100); // as the statement has it
  const whole = loss.allowance.microRho;
  const [spent, reserved] = [loss.spent.microRho / whole, loss.reserved.microRho / whole];
  const ofAllowance = t.ofAllowance(percent(reserved, 1), percent(spent, 1));
  const rows = [
    { name: t.spent, cost: loss.spent },
    { name: t.reserved, cost: loss.reserved },
    { name: t.allowance, cost: loss.allowance },
  ];
  return (
    <Section id="loss" title={t.loss}>
      <p className="statement">{loss.statement}</p>
      <figure className="allowance">
        <figcaption>{ofAllowance}</figcaption>
        <Bar shares={[reserved, spent]} label={ofAllowance} />
        <p className="legend">
          <span className="key spent" /> {t.spent} <span className="key reserved" /> {t.reserved} <span className="key" /> {t.free}
        </p>
      </figure>
      <figure className="allowance">
        <figcaption>{t.guess(guess)}</figcaption>
        <Bar shares={[loss.guess]} mark={0.5} label={t.guess(guess)} />
        <p className="legend">{t.guessLegend}</p>
      </figure>
      <details>
        <summary>{t.numbers}</summary>
        <p>{t.numbersHint}</p>
        <Table caption={t.numbers} rows={rows} keyOf={(row) => row.name} columns={[
          { title: t.part, cell: (row) => row.name },
          { title: t.microRho, cell: (row) => number(row.cost.microRho), numeric: true },
          { title: t.epsilon, cell: (row) => epsilon(row.cost.epsilon), numeric: true },
          { title: t.share, cell: (row) => percent(row.cost.microRho / whole, 1), numeric: true },
        ]} />
      </details>
    </Section>
  );
}

/** Shares of a whole, the later ones above the earlier ones. */
function Bar({ shares, mark, label }: { shares: readonly number[]; mark?: number; label: string }) {
  return (
    <svg role="img" aria-label={label} width="100%" height="28">
      <rect className="track" width="100%" height="28" rx="6" />
      {shares.map((share, place) => (
        <rect key={place} className={place === shares.length - 1 ? "spent" : "reserved"} width={`${Math.min(100, Math.max(0, share * 100))}%`} height="28" rx="6" />
      ))}
      {mark !== undefined && <line className="mark" x1={`${mark * 100}%`} x2={`${mark * 100}%`} y1="0" y2="28" />}
    </svg>
  );
}
