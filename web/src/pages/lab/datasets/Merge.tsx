// The categories of one variable of the question: a stored grouping, or those that are merged by pointing at them.

import { useState } from "react";
import type { VariableFactsFragment } from "../../../../generated/buyer";
import { Button, Check, SelectField, useFormats, useWords } from "../../../base";
import { countOf, groupsOf, merge, mergeable, type Grouping } from "./groupings";
import { texts } from "./texts";

interface Props {
  variable: VariableFactsFragment;
  grouping: Grouping;
  onChange: (grouping: Grouping) => void;
}

export function Merge({ variable, grouping, onChange }: Props) {
  const t = useWords(texts);
  const { number } = useFormats();
  const named = variable.groupings.filter((each) => each.groupingName !== null);
  const stored = named.find((each) => each.groupingName === grouping.name);
  const count = countOf(variable, grouping);
  return (
    <details className="slice">
      <summary>{count === variable.categories.length ? t.mergeOf(variable.label) : t.mergedOf(variable.label, number(count))}</summary>
      {named.length > 0 && (
        <SelectField
          key={grouping.name}
          name={`grouping.${variable.name}`}
          label={t.grouping}
          hint={t.groupingHint}
          initial={grouping.name ?? ""}
          onChange={(name) => onChange({ ...grouping, name: name || null, merged: [] })}
          options={[{ value: "", label: t.ownGrouping }, ...named.map((each) => ({ value: each.groupingName ?? "", label: each.groupingName ?? "" }))]}
        />
      )}
      {stored ? (
        <ul>{stored.categories.map((each) => <li key={each.code}>{each.label}</li>)}</ul>
      ) : (
        <Pointed variable={variable} grouping={grouping} onChange={onChange} />
      )}
    </details>
  );
}

function Pointed({ variable, grouping, onChange }: Props) {
  const t = useWords(texts);
  const groups = groupsOf(variable, grouping);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const ticked = groups.filter((each) => chosen.has(each.codes[0] ?? ""));
  const toggle = (code: string): void => setChosen(new Set(chosen.has(code) ? [...chosen].filter((each) => each !== code) : [...chosen, code]));
  return (
    <fieldset className="field merge">
      <legend className="hidden-text">{t.mergeOf(variable.label)}</legend>
      <p className="hint">{variable.ordinal ? t.mergeNeighbours : t.mergeHint}</p>
      {groups.map(({ codes: [first = ""], label, isMerged }) => (
        <div key={first}>
          <Check checked={chosen.has(first)} onChange={() => toggle(first)}>{label}</Check>
          {isMerged && (
            <Button
              kind="link"
              label={t.separateIt(label)}
              onClick={() => onChange({ ...grouping, merged: grouping.merged.filter((each) => !each.includes(first)) })}
            >
              {t.separate}
            </Button>
          )}
        </div>
      ))}
      <div>
        <Button
          disabled={!mergeable(variable, groups, ticked)}
          onClick={() => (setChosen(new Set()), onChange(merge(grouping, ticked.flatMap((each) => each.codes))))}
        >
          {t.merge}
        </Button>
      </div>
    </fieldset>
  );
}
