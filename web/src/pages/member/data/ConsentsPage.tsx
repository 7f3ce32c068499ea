// The member's consents: what each is for, the notice, and whom it covers. Granted and withdrawn with immediate effect.

import "./data.css";

import { useState } from "react";
import { Link } from "wouter";
import {
  CheckField, ChecksField, ConfirmButton, MutationForm, Notice, optionsOf, PageTitle, Prose, Shown, ticked,
  useFormats, useLanguageCode, useRead, useWords,
} from "../../../base";
import { Tabs } from "./Tabs";
import { ConsentSet, MyConsents, type GivenConsentFragment, type NoticeToReadFragment } from "./patient/data";
import { texts } from "./texts";

const KINDS = ["LABORATORY", "HOSPITAL", "MUTUAL", "INSURER"] as const;

export function Page() {
  const t = useWords(texts);
  const read = useRead(MyConsents, { language: useLanguageCode() });
  return (
    <>
      <PageTitle>{t.consents}</PageTitle>
      <Tabs />
      <p>{t.consentsLead}</p>
      <Shown read={read}>
        {({ me, notices }) =>
          notices.map((notice) => {
            const consent = me.consents.find(({ purpose }) => purpose === notice.purpose);
            return <Purpose key={notice.purpose} notice={notice} consent={consent} again={read.again} />;
          })
        }
      </Shown>
    </>
  );
}

function Purpose({ notice, consent, again }: { notice: NoticeToReadFragment; consent: GivenConsentFragment | undefined; again: () => void }) {
  const t = useWords(texts);
  const [done, setDone] = useState<"granted" | "withdrawn" | null>(null);
  const { purpose, version, language } = notice;
  const shown = { purpose, noticeVersion: version, noticeLanguage: language };
  return (
    <section className="card consent" aria-labelledby={purpose}>
      <h2 id={purpose}>{t.purposesOfConsent[purpose]}</h2>
      <p>{t.means[purpose]}</p>
      <State consent={consent} version={version} />
      {done && (
        <Notice kind="good">
          <p>{t.done[done]}</p>
          {done === "granted" && purpose === "SURVEY_RESEARCH" && <Link href="/me/surveys">{t.toSurveys}</Link>}
        </Notice>
      )}
      <details><summary>{t.notice(version)}</summary><Prose>{notice.text}</Prose></details>
      <MutationForm
        key={consent?.changedAt ?? ""}
        submit={consent?.granted ? t.changeConsent : t.grant}
        mutation={ConsentSet}
        input={(values) => ({ ...shown, granted: true, recipients: ticked(values, "recipients", KINDS) })}
        onDone={() => (setDone("granted"), again())} // the first consent is of no type that the list had
      >
        <ChecksField
          name="recipients"
          label={t.whom}
          hint={t.whomHint[purpose]}
          options={optionsOf(t.kindsLong, KINDS)}
          initial={consent?.recipients ?? []}
        />
        <CheckField name="noticeVersion" label={t.readNotice(version)} required />
      </MutationForm>
      {consent?.granted && (
        <div className="after-form">
          <ConfirmButton
            button={t.withdraw}
            title={t.withdraw}
            action={t.withdraw}
            mutation={ConsentSet}
            input={{ ...shown, granted: false }}
            onDone={() => setDone("withdrawn")}
          >
            {t.withdrawMeans[purpose]}
          </ConfirmButton>
        </div>
      )}
    </section>
  );
}

function State({ consent, version }: { consent: GivenConsentFragment | undefined; version: string }) {
  const t = useWords(texts);
  const { time } = useFormats();
  if (!consent) return <p className="quiet">{t.never}</p>;
  const language = consent.noticeLanguage && t.languages[consent.noticeLanguage];
  return (
    <>
      <p>
        <strong>{consent.granted ? t.grantedSince(time(consent.changedAt)) : t.withdrawnSince(time(consent.changedAt))}</strong>{" "}
        <span className="quiet">{t.youRead(consent.noticeVersion, language)}</span>
      </p>
      {consent.granted && consent.noticeVersion !== version && <Notice>{t.noticeChanged}</Notice>}
    </>
  );
}
