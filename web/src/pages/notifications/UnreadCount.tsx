// The number of unread notifications, in the header. It changes as they arrive.

import { useFormats, useFresh, useRead, useWords } from "../../base";
import { NotificationAdded, UnreadNotifications } from "./patient/notifications";
import { texts } from "./texts";

const MOST = 99;

export function UnreadCount() {
  const t = useWords(texts);
  const { number } = useFormats();
  const { data, again } = useRead(UnreadNotifications, {});
  useFresh(NotificationAdded, {}, again);
  const count = data?.me.notifications.nodes.length ?? 0;
  const shown = count > MOST ? `${number(MOST)}+` : number(count);
  return (
    <span role="status" className="unread-count">
      {count > 0 && (
        <>
          <span aria-hidden="true">{shown}</span>
          <span className="hidden-text">, {t.unread(shown, count === 1)}</span>
        </>
      )}
    </span>
  );
}
