// The member's profile: what others see of them, and with whom they share the rest; and their language.

import "./settings.css";

import { useState } from "react";
import { AccountLanguage, Form, Notice, optionsOf, PageTitle, RadioField, SelectField, Shown, TextField, type Values } from "../../../base";
import { useAction, useRead } from "../../../graph/hooks";
import { useFormats, useWords } from "../../../text/words";
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
  const { run, ...state } = useAction(ProfileUpdate);
  const [saved, setSaved] = useState(false);
  const person = me.member.kind !== "ASSOCIATION";

  async function save(values: Values): Promise<void> {
    setSaved(false);
    const { pseudonym = "", about = "", birthYear = "", region = "" } = values;
    const wanted = {
      pseudonym,
      about: about.trim() || null,
      ...(person && { birthYear: birthYear ? Number(birthYear) : null, region: region || null }),
      ...(person && { sex: SEXES.find((each) => each === values["sex"]) ?? me.sex }),
      sharing: SHARING.find((each) => each === values["sharing"]) ?? me.sharing,
    };
    const present: Record<string, unknown> = { ...me, ...me.member };
    // Only what has changed: a pseudonym can be changed twice in 30 days.
    const input = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => value !== present[name]));
    if (await run({ input })) setSaved(true);
  }

  return (
    <>
      <p>{t.memberSince(t.memberKinds[me.member.kind], date(me.member.joinedOn))}</p>
      <Form submit={t.save} {...state} onSubmit={(values) => void save(values)}>
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
      </Form>
      {saved && <Notice kind="good">{t.saved}</Notice>}
    </>
  );
}
