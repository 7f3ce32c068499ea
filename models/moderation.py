"""The only place for the tables of what moderators do: posts they removed, members they keep from writing."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from models.columns import Table, moment, reference, within


class Removal(Table, table=True):
    """Why a moderator removed a post; one that its author removed has none."""

    __table_args__ = within("care")

    post_id: UUID = reference("care.post.id", part_of_key=True)
    staff_id: UUID | None = reference("identity.staff.id", gone="SET NULL", nullable=True)
    reason: str
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


class Suspension(Table, table=True):
    """A member that may read and not write in discussions; over once `until` has passed, never where that is null."""

    __table_args__ = within("care")

    member_id: UUID = reference("care.member.id", part_of_key=True)
    until: datetime | None = moment(default=None, nullable=True)
    reason: str
    staff_id: UUID | None = reference("identity.staff.id", gone="SET NULL", nullable=True)
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
