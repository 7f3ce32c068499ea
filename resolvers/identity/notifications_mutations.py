"""Marks members' notifications as read."""

from collections.abc import Sequence
from uuid import UUID

from models.database import Connection
from models.messages import message
from models.parameters import NotificationIdOrNone
from models.viewers import Viewer
from resolvers.faults import Faults
from resolvers.transactions import limit_reached, member_of, not_found

NOTIFICATIONS = 100


async def read_notifications(
    connection: Connection, viewer: Viewer, faults: Faults, *, notifications: Sequence[NotificationIdOrNone]
) -> list[UUID]:
    """Marks the viewer's notifications as read, and returns their ids, each once. A first reading keeps its time.

    None stands for an id of another type. Raises Forbidden if the viewer is not a member, and Refused: LIMIT_REACHED if
    there are too many ids, NOT_FOUND for each id that is not a notification of the viewer's. Then none is marked.
    """
    if len(notifications) > NOTIFICATIONS:
        raise limit_reached(
            message("At most {most} notifications can be marked at a time.", most=NOTIFICATIONS),
            "notifications",
        )
    wanted = list(dict.fromkeys(notifications))
    found = await connection.fetch(
        "SELECT id FROM care.notification WHERE id = any($1::uuid[]) AND member_id = $2 ORDER BY id FOR UPDATE",
        [id for id in wanted if id is not None],
        member_of(viewer),
    )
    own = {notification["id"] for notification in found}
    for place, id in enumerate(notifications):
        if id not in own:
            faults.add(*not_found("notifications", place).refusals)
    faults.refuse()
    await connection.execute(
        "UPDATE care.notification SET read_at = now() WHERE id = any($1::uuid[]) AND read_at IS NULL", list(own)
    )
    return [id for id in wanted if id is not None]
