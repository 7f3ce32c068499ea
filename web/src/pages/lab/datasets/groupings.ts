// How the categories of a question's variables are merged before they are counted. It is in the address as the rest of the
// question: `merge=age~18-24~25-34` for categories that count as one, and `grouping=age~Decades` for a stored grouping.

import type { GroupingInput, VariableFactsFragment } from "../../../../generated/buyer";

const UNKNOWN = "UNKNOWN"; // always a category of its own

/** Of one variable: the name of a stored grouping, or the sets of codes that are merged. */
export interface Grouping {
  variable: string;
  name: string | null;
  merged: readonly (readonly string[])[];
}

export function groupingIn(params: URLSearchParams, variable: VariableFactsFragment): Grouping {
  const codes = new Set(variable.categories.map((each) => each.code));
  const of = (key: string): string[][] => params.getAll(key).map((each) => each.split("~")).filter(([name]) => name === variable.name);
  const [stored] = of("grouping").map(([, ...name]) => name.join("~"));
  const merged = of("merge").map(([, ...found]) => found.filter((each) => codes.has(each)));
  return { variable: variable.name, name: stored || null, merged: stored ? [] : merged.filter((each) => each.length > 1) };
}

export function writeGrouping(params: URLSearchParams, { variable, name, merged }: Grouping): void {
  if (name !== null) params.append("grouping", `${variable}~${name}`);
  for (const each of merged) params.append("merge", [variable, ...each].join("~"));
}

/** A category, or several that are merged. */
export interface Group {
  codes: readonly string[];
  label: string;
  isMerged: boolean;
}

/** All groups in the order of their first categories. */
export function groupsOf(variable: VariableFactsFragment, { merged }: Grouping): Group[] {
  const found: Group[] = [];
  for (const { code, label } of variable.categories) {
    const together = merged.find((each) => each.includes(code));
    const known = found.find((each) => each.codes === together);
    if (known) known.label += ` + ${label}`;
    else found.push({ codes: together ?? [code], label, isMerged: together !== undefined });
  }
  return found;
}

/** Into how many groups they are counted. */
export function countOf(variable: VariableFactsFragment, grouping: Grouping): number {
  const stored = variable.groupings.find((each) => each.groupingName === grouping.name && grouping.name !== null);
  return stored ? stored.categories.length : groupsOf(variable, grouping).length;
}

/** What the server is sent: categories in no group would be merged with one another, so all are in one. */
export function inputOf(variable: VariableFactsFragment, grouping: Grouping): GroupingInput | null {
  if (grouping.name !== null) return { variable: variable.name, name: grouping.name };
  if (grouping.merged.length === 0) return null;
  const groups = groupsOf(variable, grouping).filter((each) => !each.codes.includes(UNKNOWN));
  return { variable: variable.name, groups: groups.map(({ codes }) => ({ categories: [...codes] })) };
}

/** Whether these groups may be merged: any two, but neighbours alone if the categories are in order. */
export function mergeable(variable: VariableFactsFragment, groups: readonly Group[], ticked: readonly Group[]): boolean {
  if (ticked.length < 2 || ticked.some((each) => each.codes.includes(UNKNOWN))) return false;
  const places = ticked.map((each) => groups.indexOf(each)).sort((one, other) => one - other);
  return !variable.ordinal || places.every((place, turn) => turn === 0 || place === places[turn - 1]! + 1);
}

/** With the categories of these codes merged into one group, and what they were merged with. */
export function merge(grouping: Grouping, codes: readonly string[]): Grouping {
  const joined = grouping.merged.filter((each) => each.some((code) => codes.includes(code)));
  const others = grouping.merged.filter((each) => !joined.includes(each));
  return { ...grouping, name: null, merged: [...others, [...new Set([...joined.flat(), ...codes])]] };
}
