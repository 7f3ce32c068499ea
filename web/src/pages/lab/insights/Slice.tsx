// Slices and sums of a published table: which variables it is shown by, and which categories are counted.

import type { VariableFactsFragment } from "../../../../generated/buyer";
import { Button, Check, useWords } from "../../../base";
import { texts } from "./texts";

export interface Sliced {
  /** Names of the variables that are shown separately; null for all. */
  by: readonly string[] | null;
  where: readonly { readonly variable: string; readonly in: readonly string[] }[] | null;
}

export const WHOLE: Sliced = { by: null, where: null };

interface Props {
  /** The variables whose categories can be left out. */
  filters: readonly VariableFactsFragment[];
  by: readonly VariableFactsFragment[];
  sliced: Sliced;
  onSlice: (sliced: Sliced) => void;
}

export function Slice({ filters, by, sliced, onSlice }: Props) {
  const t = useWords(texts);
  const shown = sliced.by ?? by.map((each) => each.name);

  function separate(name: string, isShown: boolean): void {
    const next = by.map((each) => each.name).filter((each) => (each === name ? isShown : shown.includes(each)));
    onSlice({ ...sliced, by: next.length === by.length ? null : next });
  }

  function keep(of: VariableFactsFragment, codes: readonly string[]): void {
    if (codes.length === 0) return; // a table of nobody
    const others = (sliced.where ?? []).filter((each) => each.variable !== of.name);
    const next = codes.length === of.categories.length ? others : [...others, { variable: of.name, in: codes }];
    onSlice({ ...sliced, where: next.length ? next : null });
  }

  return (
    <details className="slice">
      <summary>{t.slice}</summary>
      <p>{t.sliceHint}</p>
      {by.map((each) => (
        <Check key={each.name} checked={shown.includes(each.name)} onChange={(isShown) => separate(each.name, isShown)}>{t.separate(each.label)}</Check>
      ))}
      {filters.map((each) => (
        <Categories key={each.name} of={each} kept={sliced.where?.find((one) => one.variable === each.name)?.in ?? null} onKeep={(codes) => keep(each, codes)} />
      ))}
      {sliced !== WHOLE && <Button onClick={() => onSlice(WHOLE)}>{t.whole}</Button>}
    </details>
  );
}

interface CategoriesProps {
  of: VariableFactsFragment;
  kept: readonly string[] | null;
  onKeep: (codes: readonly string[]) => void;
}

function Categories({ of, kept, onKeep }: CategoriesProps) {
  const t = useWords(texts);
  const codes = of.categories.map((each) => each.code);
  const isKept = (code: string): boolean => kept?.includes(code) ?? true;
  return (
    <fieldset className="field categories">
      <legend>{t.only(of.label)}</legend>
      {of.categories.map((each) => (
        <Check
          key={each.code}
          checked={isKept(each.code)}
          disabled={isKept(each.code) && codes.filter(isKept).length === 1}
          onChange={(isTicked) => onKeep(codes.filter((code) => (code === each.code ? isTicked : isKept(code))))}
        >
          {each.label}
        </Check>
      ))}
    </fieldset>
  );
}
