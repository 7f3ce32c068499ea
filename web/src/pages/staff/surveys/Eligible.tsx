// Who can answer a survey.

import type { EditedSurveyFragment, EligibilityInput, MemberKind, Sex } from "../../../../generated/manager";
import { Button, ChecksField, optionsOf, Picker, TextField, ticked, useWords } from "../../../base";
import { Refusals } from "./Refusals";
import { SurveyTreatments } from "./manager/surveys";
import { texts } from "./texts";

const KINDS = ["PATIENT", "RELATIVE", "ASSOCIATION"] as const satisfies readonly MemberKind[];
const SEXES = ["FEMALE", "MALE", "OTHER", "UNKNOWN"] as const satisfies readonly Sex[];

type Treatment = { readonly id: string; readonly name: string };

interface Props {
  eligibility: EditedSurveyFragment["eligibility"];
  regions: readonly string[];
  treatments: readonly Treatment[];
  onTreatments: (treatments: readonly Treatment[]) => void;
}

/** The input of what was chosen; null if there is no condition. */
export function eligibilityOf(values: Record<string, string>, regions: readonly string[], treatments: readonly Treatment[]): EligibilityInput | null {
  const year = (name: string): number | null => (values[name] ? Number(values[name]) : null);
  const found = {
    kinds: ticked(values, "eligibility.kinds", KINDS),
    sexes: ticked(values, "eligibility.sexes", SEXES),
    bornFrom: year("eligibility.bornFrom"),
    bornTo: year("eligibility.bornTo"),
    treatments: treatments.map(({ id }) => id),
    regions: ticked(values, "eligibility.regions", regions),
  };
  return Object.values(found).every((each) => each === null || (Array.isArray(each) && each.length === 0)) ? null : found;
}

export function Eligible({ eligibility, regions, treatments, onTreatments }: Props) {
  const t = useWords(texts);
  return (
    <>
      <p className="hint">{t.eligibilityHint}</p>
      <ChecksField
        name="eligibility.kinds"
        label={t.kinds}
        options={optionsOf(t.memberKinds, KINDS)}
        initial={eligibility?.kinds ?? []}
      />
      <ChecksField name="eligibility.sexes" label={t.sexes} options={optionsOf(t.sex, SEXES)} initial={eligibility?.sexes ?? []} />
      <div className="bilingual">
        <TextField name="eligibility.bornFrom" label={t.bornFrom} type="number" initial={String(eligibility?.bornFrom ?? "")} />
        <TextField name="eligibility.bornTo" label={t.bornTo} type="number" initial={String(eligibility?.bornTo ?? "")} />
      </div>
      <ChecksField name="eligibility.regions" label={t.regions} options={regions.map((value) => ({ value, label: value }))} initial={eligibility?.regions ?? []} />
      <Treatments chosen={treatments} onChange={onTreatments} />
    </>
  );
}

function Treatments({ chosen, onChange }: { chosen: readonly Treatment[]; onChange: (treatments: readonly Treatment[]) => void }) {
  const t = useWords(texts);
  return (
    <fieldset className="part">
      <legend>{t.treatments}</legend>
      <Refusals path="eligibility.treatments" />
      <ul className="picked">{chosen.map((each) => (
        <li key={each.id}>
          {each.name}{" "}
          <Button kind="link" label={t.removeThis(each.name)} onClick={() => onChange(chosen.filter((one) => one !== each))}>{t.remove}</Button>
        </li>
      ))}</ul>
      <Picker
        label={t.findTreatment}
        none={t.noTreatments}
        operation={SurveyTreatments}
        of={(data) => data.treatments.nodes.filter(({ id }) => !chosen.some((each) => each.id === id))}
        onPick={(each) => onChange([...chosen, each])}
      />
    </fieldset>
  );
}
