// The page of an association: what it is, in the language of the person who reads if it can, and how to reach it.

import { useState } from "react";
import {
  Button, Facts, Missing, PageTitle, Prose, Shown, useLanguageCode, useRead, useSession, useWords, type PageProps,
} from "../../base";
import { AssociationPage, type AssociationTextFragment } from "./readers/association";
import { texts } from "./texts";

export function Page({ parameters }: PageProps) {
  const t = useWords(texts);
  const { audience } = useSession();
  const isBuyer = audience === "BUYER";
  const read = useRead(AssociationPage, { id: parameters["id"] ?? "" }, { pause: isBuyer });
  const unknown = <Missing title={t.notFound} text={t.unknown} />;
  if (isBuyer) return <Missing title={t.title} text={t.notBuyers} />;
  return <Shown read={read}>{({ node }) => (node?.__typename === "Association" ? <Association association={node} /> : unknown)}</Shown>;
}

function Association({ association: { fullName, website, email, phone, postalAddress, descriptions } }: { association: AssociationTextFragment }) {
  const t = useWords(texts);
  const own = useLanguageCode();
  const [chosen, setChosen] = useState<string>(own);
  const shown = descriptions.find((each) => each.language === chosen) ?? descriptions[0];
  return (
    <>
      <PageTitle>{fullName}</PageTitle>
      {shown && <div lang={shown.language.toLowerCase()}><Prose>{shown.text}</Prose></div>}
      {descriptions
        .filter((each) => each !== shown)
        .map(({ language }) => (
          <p key={language}>
            <Button kind="link" onClick={() => setChosen(language)}>{t.readIn[language]}</Button>
          </p>
        ))}
      <h2>{t.contacts}</h2>
      {website || email || phone || postalAddress ? (
        <Facts facts={[
          [t.website, website && <a href={website} rel="noreferrer">{website.replace(/^https:\/\/|\/$/g, "")}</a>],
          [t.mail, email && <a href={`mailto:${email}`}>{email}</a>],
          [t.phone, phone && <a href={`tel:${phone.replaceAll(/[^+\d]/g, "")}`}>{phone}</a>],
          [t.postalAddress, postalAddress && <span className="lines">{postalAddress}</span>],
        ]} />
      ) : (
        <p className="quiet">{t.noContacts}</p>
      )}
    </>
  );
}
