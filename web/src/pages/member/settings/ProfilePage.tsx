// The member's profile: what others see of them, and with whom they share the rest; and their language.

import "./settings.css";

import type { ProfileUpdateInput } from "../../../../generated/patient";
import {
  AccountLanguage, MutationForm, optionsOf, PageTitle, RadioField, SelectField, Shown, TextField, useFormats, useRead,
  useWords, type Values,
} from "../../../base";
import { Tabs } from "./Tabs";
import { Terms } from "./Terms";
import { MyProfile, ProfileUpdate, type ProfileFragment } from "./patient/account";
import { texts } from "./texts";

const SEXES = ["FEMALE", "MALE", "OTHER", "UNKNOWN"] as const;
const SHARING = ["ONLY_ME", "MY_COMMUNITIES", "ALL_MEMBERS"] as const;

export function Page() {
  const t = useWords(texts);
  const read = useRead(MyProfile, {});
  return (
    <>
      <PageTitle>{t.profile}</PageTitle>
      <Tabs />
      <Shown read={read}>
        {({ me, regions }) => <>{me.account.termsOutdated && <Terms />}<Profile me={me} regions={regions} /></>}
      </Shown>
      <h2>{t.language}</h2>
      <p>{t.languageHint}</p>
      <AccountLanguage />
    </>
  );
}

function Profile({ me, regions }: { me: ProfileFragment; regions: readonly string[] }) {
  const t = useWords(texts);
  const { date } = useFormats();
  const person = me.member.kind !== "ASSOCIATION";

  /** What has changed alone: a pseudonym can be changed twice in 30 days. */
  function changesOf(values: Values): ProfileUpdateInput {
    const { pseudonym = "", about = "", birthYear = "", region = "" } = values;
    const wanted = {
      pseudonym,
      about: about.trim() || null,
      ...(person && { birthYear: birthYear ? Number(birthYear) : null, region: region || null }),
      ...(person && { sex: SEXES.find((each) => each === values["sex"]) ?? me.sex }),
      sharing: SHARING.find((each) => each === values["sharing"]) ?? me.sharing,
    };
    const present: Record<string, unknown> = { ...me, ...me.member };
    return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => value !== present[name]));
  }

  return (
    <>
      <p>{t.memberSince(t.memberKinds[me.member.kind], date(me.member.joinedOn))}</p>
      <MutationForm submit={t.save} mutation={ProfileUpdate} input={changesOf} done={t.saved}>
        <TextField name="pseudonym" label={t.pseudonym} hint={t.pseudonymHint} initial={me.member.pseudonym} required />
        <TextField name="about" label={t.about} hint={t.aboutHint} rows={4} maxLength={1_000} initial={me.member.about ?? ""} />
        {person && (
          <>
            <TextField name="birthYear" label={t.birthYear} type="number" inputMode="numeric" initial={me.birthYear?.toString()} />
            <RadioField name="sex" label={t.sex} options={optionsOf(t.sexes, SEXES)} initial={me.sex} />
            <SelectField
              name="region"
              label={t.region}
              options={[{ value: "", label: t.unset }, ...regions.map((value) => ({ value, label: value }))]}
              initial={me.region ?? ""}
            />
          </>
        )}
        <RadioField
          name="sharing"
          label={t.sharing}
          hint={t.sharingHint}
          options={optionsOf(t.sharings, SHARING)}
          initial={me.sharing}
        />
      </MutationForm>
    </>
  );
}
