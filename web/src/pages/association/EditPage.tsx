// An association's page, as the association itself writes it.

import { Link } from "wouter";
import type { AssociationUpdateInput } from "../../../generated/patient";
import {
  isolated, MutationForm, Notice, PageTitle, Shown, TextField, useFormats, useRead, useWords, type Values,
} from "../../base";
import { Tabs } from "../member/settings/Tabs";
import { AssociationUpdate, MyAssociation, type OwnAssociationFragment } from "./patient/own";
import { texts } from "./texts";

const LANGUAGES = ["FR", "EN"] as const;
const LINES = ["website", "email", "phone", "postalAddress"] as const;

export function Page() {
  const t = useWords(texts);
  const read = useRead(MyAssociation, {});
  return (
    <>
      <PageTitle>{t.own}</PageTitle>
      <Tabs />
      <Shown read={read}>
        {({ me: { member } }) =>
          member.association ? <Edit association={member.association} verified={member.verified} /> : <Notice>{t.persons}</Notice>
        }
      </Shown>
    </>
  );
}

function Edit({ association, verified }: { association: OwnAssociationFragment; verified: boolean }) {
  const t = useWords(texts);
  const written = (language: string) => association.descriptions.find((each) => each.language === language)?.text ?? "";

  /** What has changed alone. */
  function changesOf(values: Values): AssociationUpdateInput {
    const said = (name: string): string => (values[name] ?? "").replaceAll("\r\n", "\n");
    const lines = Object.fromEntries(LINES.filter((name) => said(name) !== (association[name] ?? "")).map((name) => [name, said(name).trim() || null]));
    const texts = LANGUAGES.map((language) => ({ language, text: said(`description.${language}`) }));
    return {
      ...lines,
      ...(said("fullName") !== association.fullName && { fullName: said("fullName") }),
      ...(texts.some(({ language, text }) => text !== written(language)) && { descriptions: texts.filter(({ text }) => text.trim()) }),
    };
  }

  return (
    <>
      <Standing association={association} verified={verified} />
      <MutationForm submit={t.save} mutation={AssociationUpdate} input={changesOf} done={t.saved}>
        <TextField name="fullName" label={t.fullName} hint={verified ? t.fullNameHint : undefined} initial={association.fullName} required />
        {LANGUAGES.map((language) => (
          <TextField
            key={language}
            name={`description.${language}`}
            label={t.describe[language]}
            rows={5}
            maxLength={2_000}
            initial={written(language)}
          />
        ))}
        <TextField name="website" label={t.website} hint={t.websiteHint} initial={association.website ?? ""} />
        <TextField name="email" type="email" label={t.email} initial={association.email ?? ""} />
        <TextField name="phone" label={t.phone} initial={association.phone ?? ""} />
        <TextField name="postalAddress" label={t.postalAddress} rows={3} maxLength={300} initial={association.postalAddress ?? ""} />
      </MutationForm>
    </>
  );
}

/** Whether a moderator has verified the association, and why or why not. */
function Standing({ association, verified }: { association: OwnAssociationFragment; verified: boolean }) {
  const t = useWords(texts);
  const { time } = useFormats();
  const [latest] = association.verifications;
  return (
    <>
      <Notice kind={verified ? "good" : "info"}>
        <p>{verified ? t.verified : t.notVerified}</p>
        {latest && <p className="quiet">{t.decided(time(latest.createdAt), latest.reason ? isolated(latest.reason) : t.nameChanged)}</p>}
      </Notice>
      <p>
        <Link href={`/associations/${association.id}`}>{t.see}</Link>
      </p>
    </>
  );
}
