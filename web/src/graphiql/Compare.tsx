// Two views side by side: which types and fields each of them has, and what the documentation says in each.

import { useMemo, useState } from "react";
import { viewOf, VIEWS, type Audience, type Schemas, type View } from "../graph/views";
import {
  compareMembers,
  compareTypes,
  descriptionOf,
  kindOf,
  type Difference,
  type Member,
  type Row,
  type TypeRow,
} from "./comparison";
import { Prose } from "./Prose";

interface Props {
  first: Audience;
  schemas: Schemas;
}

type Sides = readonly [Audience, Audience];

const START = "Query";

export function Compare({ first, schemas }: Props) {
  const [[left, right], setSides] = useState<Sides>([first, first === "BUYER" ? "PATIENT" : "BUYER"]);
  const [chosen, setChosen] = useState(START);
  const [differs, setDiffers] = useState(false);
  const [words, setWords] = useState("");
  const types = useMemo(() => compareTypes(schemas(left), schemas(right)), [schemas, left, right]);
  const name = types.some((type) => type.name === chosen) ? chosen : START;
  const [one, other] = [schemas(left).getType(name), schemas(right).getType(name)];
  const rows = compareMembers(one, other).filter((row) => !differs || row.difference !== "same");
  const found = types.filter(
    (type) => (!differs || type.difference !== "same") && type.name.toLowerCase().includes(words.trim().toLowerCase()),
  );
  const described = [descriptionOf(one), descriptionOf(other)];

  return (
    <section className="compare" aria-label="Comparison of two views">
      <div className="compare-tools">
        <Side label="Left" value={left} onChange={(next) => setSides([next, right])} />
        <span aria-hidden="true">↔</span>
        <Side label="Right" value={right} onChange={(next) => setSides([left, next])} />
        <label className="check">
          <input type="checkbox" checked={differs} onChange={(event) => setDiffers(event.target.checked)} />
          Differences only
        </label>
        <p className="count">{summary(types, left, right)}</p>
      </div>
      <nav aria-label="Types">
        <input
          type="search"
          aria-label="Search types"
          placeholder="Search types"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <ul tabIndex={-1}>
          {found.map((type) => (
            <li key={type.name}>
              <button type="button" aria-current={type.name === name} onClick={() => setChosen(type.name)}>
                <span>{type.name}</span>
                <Mark difference={type.difference} left={left} right={right} />
              </button>
            </li>
          ))}
          {found.length === 0 && <li className="none">No type</li>}
        </ul>
      </nav>
      <div className="compare-type" tabIndex={0} role="region" aria-labelledby="compared-type">
        <h2 id="compared-type"><span className="kind">{kindOf((one ?? other)!)}</span> {name}</h2>
        {described[0] === described[1] && <p><Prose text={described[0] ?? ""} /></p>}
        <table>
          <thead>
            <tr>{[left, right].map((side, index) => (
              <th key={index} scope="col" data-view={viewOf(side).name}>{viewOf(side).label}</th>
            ))}</tr>
          </thead>
          <tbody>
            {described[0] !== described[1] && (
              <tr className="changed">
                <td>{one ? <Prose text={described[0] ?? ""} /> : <Absent side={left} what="type" />}</td>
                <td>{other ? <Prose text={described[1] ?? ""} /> : <Absent side={right} what="type" />}</td>
              </tr>
            )}
            {rows.map((row) => <Members key={row.name} row={row} left={left} right={right} onChoose={setChosen} />)}
          </tbody>
        </table>
        {rows.length === 0 && <p>{differs ? "Both views have the same here." : "It has no members."}</p>}
      </div>
    </section>
  );
}

function Side({ label, value, onChange }: { label: string; value: Audience; onChange: (next: Audience) => void }) {
  return (
    <select
      aria-label={`${label} view`}
      data-view={viewOf(value).name}
      value={value}
      onChange={(event) => onChange(event.target.value as Audience)}
    >
      {VIEWS.map((view) => <option key={view.name} value={view.audience}>{view.label}</option>)}
    </select>
  );
}

interface MembersProps {
  row: Row;
  left: Audience;
  right: Audience;
  onChoose: (type: string) => void;
}

function Members({ row, left, right, onChoose }: MembersProps) {
  return (
    <tr className={row.difference}>{([[left, row.left], [right, row.right]] as const).map(([side, member], index) => (
      <td key={index} data-label={viewOf(side).label}>
        {member ? <Shown name={row.name} member={member} onChoose={onChoose} /> : <Absent side={side} what={row.name} />}
      </td>
    ))}</tr>
  );
}

function Shown({ name, member, onChoose }: { name: string; member: Member; onChoose: (type: string) => void }) {
  const { arguments: given, type, named, description, deprecated } = member;
  return (
    <>
      <code>
        <b>{name}</b>
        {given.length > 0 && `(${given.join(", ")})`}
        {type && ": "}
        {named && <button type="button" className="link" onClick={() => onChoose(named)}>{type || "details"}</button>}
      </code>
      {deprecated !== null && <p className="deprecated">Deprecated: <Prose text={deprecated} /></p>}
      {description && <p><Prose text={description} /></p>}
    </>
  );
}

function Absent({ side, what }: { side: Audience; what: string }) {
  return (
    <p className="absent">
      <span className="hidden-text">{what}: </span>not in this view<span className="hidden-text"> ({viewOf(side).label})</span>
    </p>
  );
}

function Mark({ difference, left, right }: { difference: Difference; left: Audience; right: Audience }) {
  if (difference === "same") return null;
  const [one, other] = [viewOf(left), viewOf(right)];
  const [shown, meaning, view] = {
    left: [initial(one), `${one.label} only`, one.name],
    right: [initial(other), `${other.label} only`, other.name],
    changed: [`${initial(one)}≠${initial(other)}`, "differs", undefined],
  }[difference];
  return (
    <span className="mark" data-view={view} title={meaning}>
      <span aria-hidden="true">{shown}</span>
      <span className="hidden-text">, {meaning}</span>
    </span>
  );
}

function initial(view: View): string {
  return view.label.slice(0, 1);
}

function summary(types: readonly TypeRow[], left: Audience, right: Audience): string {
  const count = (difference: Difference): number => types.filter((type) => type.difference === difference).length;
  const [one, other] = [viewOf(left).label, viewOf(right).label];
  if (left === right) return "Choose two different views.";
  return `${count("same")} types alike, ${count("changed")} differ, ${count("left")} in ${one} only, ${count("right")} in ${other} only`;
}
