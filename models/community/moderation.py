"""Tables of moderation: removals of posts, with their texts, and suspensions of members."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text

from models.columns import Table, moment, reference, within


class Removal(Table, table=True):
    """A moderator's removal of a post; a post removed by its author has none."""

    __table_args__ = within("care")

    post_id: UUID = reference("care.post.id", part_of_key=True)
    staff_id: UUID | None = reference("identity.staff.id", gone="SET NULL", nullable=True)
    reason: str
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


class RemovedText(Table, table=True):
    """The text of a post that a moderator has removed; deleted with its author, and when the post is restored."""

    __table_args__ = within("care", Index(None, "author_id"))

    post_id: UUID = reference("care.post.id", part_of_key=True)
    author_id: UUID | None = reference("care.member.id", nullable=True)
    body: str


class Suspension(Table, table=True):
    """A member who may read but not write in discussions, until `until`, or indefinitely if that is null."""

    __table_args__ = within("care")

    member_id: UUID = reference("care.member.id", part_of_key=True)
    until: datetime | None = moment(default=None, nullable=True)
    reason: str
    staff_id: UUID | None = reference("identity.staff.id", gone="SET NULL", nullable=True)
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
