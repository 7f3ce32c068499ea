// What the viewer was notified of, newest first. What they open is marked as read.

import "./notifications.css";

import { Link } from "wouter";
import type { NotificationsQuery } from "../../../generated/patient";
import { Button, Paged, PageTitle, Refused, useAction, useFormats, useFresh, usePaged, useWords } from "../../base";
import { HelpLines } from "./HelpLines";
import { NotificationAdded, Notifications, NotificationsRead } from "./patient/notifications";
import { texts } from "./texts";

type Notification = NotificationsQuery["me"]["notifications"]["nodes"][number];
type HelpLine = NotificationsQuery["helpLines"][number];

export function Page() {
  const t = useWords(texts);
  const list = usePaged(Notifications, {});
  useFresh(NotificationAdded, {}, list.again);
  const { run, busy, ...state } = useAction(NotificationsRead);
  const markRead = (ids: readonly string[]): void => void (ids.length && run({ notifications: ids }));
  return (
    <>
      <PageTitle>{t.title}</PageTitle>
      <Refused {...state} />
      <Paged list={list} of={(data) => data.me.notifications}>{(notifications, { helpLines }) => {
        const unread = notifications.filter((each) => each.readAt === null).map((each) => each.id);
        if (notifications.length === 0) return <p>{t.none}</p>;
        return (
          <>
            {unread.length > 0 && <Button busy={busy} onClick={() => markRead(unread)}>{t.readAll}</Button>}
            <ul className="notifications">{notifications.map((each) => (
              <Item key={each.id} notification={each} helpLines={helpLines} onOpen={() => each.readAt === null && markRead([each.id])} />
            ))}</ul>
          </>
        );
      }}</Paged>
    </>
  );
}

interface ItemProps {
  notification: Notification;
  helpLines: readonly HelpLine[];
  onOpen: () => void;
}

function Item({ notification: { kind, createdAt, readAt, subject }, helpLines, onOpen }: ItemProps) {
  const t = useWords(texts);
  const { time } = useFormats();
  const target = targetOf(subject);
  return (
    <li className={readAt ? undefined : "unread"}>
      <p>
        {!readAt && <span className="new">{t.new}</span>} {t.kinds[kind]}
        {target && (
          <>{" · "}<Link href={target.path} dir="auto" lang={target.language} onClick={onOpen}>{target.name ?? t.open}</Link></>
        )}
      </p>
      {kind === "SUPPORT" && <HelpLines lines={helpLines} />}
      <p className="quiet"><time dateTime={createdAt}>{time(createdAt)}</time></p>
    </li>
  );
}

/** Where a notification leads; null if there is no page for what it is about. */
function targetOf(subject: Notification["subject"]): { path: string; name: string | null; language?: string } | null {
  switch (subject?.__typename) {
    case "Post": {
      const { id, title, language, community } = subject.discussion;
      return { path: `/communities/${community.slug}/discussions/${id}`, name: title, language: language.toLowerCase() };
    }
    case "Survey":
      return { path: `/me/surveys/${subject.id}`, name: subject.title };
    case "Insight":
      return { path: "/me/data", name: null };
    case "Member":
      return { path: "/me/relatives", name: subject.pseudonym };
    case "CatalogueProposal":
      return { path: "/me/own", name: subject.name };
    default:
      return null;
  }
}
