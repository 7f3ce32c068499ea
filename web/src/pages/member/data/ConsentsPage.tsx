// The member's consents: what each is for, the notice, and whom it covers. Granted and withdrawn with immediate effect.

import "./data.css";

import { useState } from "react";
import { Link } from "wouter";
import { Button, CheckField, ChecksField, Confirm, Form, Notice, optionsOf, PageTitle, Prose, Shown, ticked, type Values } from "../../../base";
import { useAction, useRead } from "../../../graph/hooks";
import { useFormats, useLanguageCode, useWords } from "../../../text/words";
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
  const { run, ...state } = useAction(ConsentSet);
  const withdrawal = useAction(ConsentSet);
  const [asks, setAsks] = useState(false);
  const [done, setDone] = useState<"granted" | "withdrawn" | null>(null);
  const { purpose, version, language } = notice;
  const shown = { purpose, noticeVersion: version, noticeLanguage: language };

  async function grant(values: Values): Promise<void> {
    setDone(null);
    if (!(await run({ input: { ...shown, granted: true, recipients: ticked(values, "recipients", KINDS) } }))) return;
    setDone("granted");
    again(); // the first consent is of no type that the list had
  }

  async function withdraw(): Promise<void> {
    if (!(await withdrawal.run({ input: { ...shown, granted: false } }))) return;
    setAsks(false);
    setDone("withdrawn");
  }

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
      <Form key={consent?.changedAt ?? ""} submit={consent?.granted ? t.changeConsent : t.grant} {...state} onSubmit={(values) => void grant(values)}>
        <ChecksField
          name="recipients"
          label={t.whom}
          hint={t.whomHint[purpose]}
          options={optionsOf(t.kindsLong, KINDS)}
          initial={consent?.recipients ?? []}
        />
        <CheckField name="noticeVersion" label={t.readNotice(version)} required />
      </Form>
      {consent?.granted && (
        <div className="after-form"><Button kind="danger" onClick={() => setAsks(true)}>{t.withdraw}</Button></div>
      )}
      {asks && (
        <Confirm title={t.withdraw} action={t.withdraw} {...withdrawal} onConfirm={() => void withdraw()} onClose={() => setAsks(false)}>
          {t.withdrawMeans[purpose]}
        </Confirm>
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
