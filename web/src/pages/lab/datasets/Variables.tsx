// The variables of a dataset: found by words, and each with its categories and buttons that put it into the question.

import { useState } from "react";
import type { VariableFactsFragment, VariableGroup } from "../../../../generated/buyer";
import { SelectField, useFormats, useWords } from "../../../base";
import { MOST_GROUPS } from "./question";
import { texts } from "./texts";

interface Props {
  variables: readonly VariableFactsFragment[];
  counted: string | null;
  grouped: readonly string[];
  onCount: (name: string | null) => void;
  onGroup: (names: readonly string[]) => void;
}

export function Variables({ variables, counted, grouped, onCount, onGroup }: Props) {
  const t = useWords(texts);
  const { number } = useFormats();
  const [typed, setTyped] = useState("");
  const wanted = plain(typed).split(/\s+/).filter(Boolean);
  const groups = [...new Set(variables.map((each) => each.group))];
  const [group, setGroup] = useState<VariableGroup | null>(null);
  const found = variables.filter((each) => (group === null || each.group === group) && wanted.every((word) => searchable(each).includes(word)));
  return (
    <div>
      <div className="field">
        <label htmlFor="variables">{t.search}</label>
        <input id="variables" type="search" dir="auto" value={typed} maxLength={200} onChange={(event) => setTyped(event.target.value)} />
      </div>
      <SelectField
        name="group"
        label={t.about}
        onChange={(value) => setGroup((value || null) as VariableGroup | null)}
        options={[{ value: "", label: t.any }, ...groups.map((value) => ({ value, label: t.groups[value] }))]}
      />
      <p className="quiet" role="status">{t.found(number(found.length))}</p>
      <ul className="variables" aria-label={t.variables} tabIndex={0}>{found.map((each) => (
        <li key={each.id}>
          <VariableText variable={each} />
          <div className="choices">
            <Toggle
              pressed={each.name === counted}
              label={t.countIt(each.label)}
              onPress={() => onCount(each.name === counted ? null : each.name)}
            >
              {t.count}
            </Toggle>
            <Toggle
              pressed={grouped.includes(each.name)}
              disabled={each.name === counted || (!grouped.includes(each.name) && grouped.length >= MOST_GROUPS)}
              label={t.groupIt(each.label)}
              onPress={() => onGroup(grouped.includes(each.name) ? grouped.filter((name) => name !== each.name) : [...grouped, each.name])}
            >
              {t.group}
            </Toggle>
          </div>
        </li>
      ))}</ul>
    </div>
  );
}

/** What a variable is, for people who have not seen it before. */
function VariableText({ variable }: { variable: VariableFactsFragment }) {
  const t = useWords(texts);
  const { number } = useFormats();
  return (
    <div>
      <strong>{variable.label}</strong>
      <details>
        <summary>
          {t.categories(number(variable.categories.length))}
          {variable.scale === "INTERVAL" && `, ${t.interval}`}
        </summary>
        <p>{[variable.question, variable.description, variable.window, variable.baseline].filter(Boolean).join(" ")}</p>
        {variable.unit && <p>{t.unit(variable.unit)}</p>}
        <p>{variable.categories.map((each) => each.label).join(" · ")}</p>
        {variable.maxPerMember > 1 && <p>{t.several(number(variable.maxPerMember))}</p>}
      </details>
    </div>
  );
}

interface ToggleProps {
  pressed: boolean;
  disabled?: boolean;
  label: string;
  onPress: () => void;
  children: string;
}

function Toggle({ pressed, disabled = false, label, onPress, children }: ToggleProps) {
  return (
    <button type="button" className="toggle" aria-pressed={pressed} aria-label={label} disabled={disabled} onClick={onPress}>
      {children}
    </button>
  );
}

function searchable(variable: VariableFactsFragment): string {
  return plain([variable.label, variable.name, variable.question, variable.description, ...variable.categories.map((each) => each.label)].join(" "));
}

/** Without accents, in small letters. */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
