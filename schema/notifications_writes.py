"""The only place for what a member does with what it is told, as the graph offers it: reading it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry

from models.viewers import Viewer
from models.viewing import Connection
from planner.declare import graph_type, sql
from resolvers import members as resolve
from resolvers import notifications_writes as write
from schema.access import PATIENT
from schema.accounts import Notification
from schema.context import Context
from schema.writing import Payload, carry_out, client_mutation_id, id_or_none


@strawberry.input(description="What the viewer has read.")
class NotificationsReadInput:
    notifications: list[strawberry.ID] = strawberry.field(description="The notifications' ids, at most 100.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PATIENT)
class NotificationsReadPayload(Payload):
    """What marking as read came to: all of them, or none."""

    notification_ids: strawberry.Private[list[UUID] | None] = None
    notifications: list[Notification] = sql(
        resolve.notifications_made, "The notifications, in the order they were named; empty where it was refused."
    )


async def read_notifications(
    info: strawberry.Info[Context, None], input: NotificationsReadInput
) -> NotificationsReadPayload:
    async def work(connection: Connection, viewer: Viewer) -> Mapping[str, Any]:
        ids = [id_or_none(id, "ntf") for id in input.notifications]
        return {"notification_ids": await write.read_notifications(connection, viewer, notifications=ids)}

    return await carry_out(info, NotificationsReadPayload, input, work)
