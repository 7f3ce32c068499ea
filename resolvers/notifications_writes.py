"""The only place that marks what a member was told as read."""

from collections.abc import Sequence
from uuid import UUID

from models.viewers import Viewer
from models.viewing import Connection
from resolvers.writing import Refused, limit_reached, member_of, not_found

NOTIFICATIONS = 100


async def read_notifications(
    connection: Connection, viewer: Viewer, *, notifications: Sequence[UUID | None]
) -> list[UUID]:
    """Marks the viewer's notifications as read, those that were read before as they are; their ids, each once.

    None stands for an id that names none. All are refused when one is not the viewer's.
    """
    if len(notifications) > NOTIFICATIONS:
        raise limit_reached(f"This takes at most {NOTIFICATIONS} at once.", "input", "notifications")
    wanted = list(dict.fromkeys(notifications))
    found = await connection.fetch(
        "SELECT id FROM care.notification WHERE id = any($1::uuid[]) AND member_id = $2 ORDER BY id FOR UPDATE",
        [id for id in wanted if id is not None],
        member_of(viewer),
    )
    own = {notification["id"] for notification in found}
    missing = [str(place) for place, id in enumerate(notifications) if id not in own]
    if missing:
        raise Refused(*(not_found("input", "notifications", place).refusals[0] for place in missing))
    await connection.execute(
        "UPDATE care.notification SET read_at = now() WHERE id = any($1::uuid[]) AND read_at IS NULL", list(own)
    )
    return [id for id in wanted if id is not None]
