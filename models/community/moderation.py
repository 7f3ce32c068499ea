"""Tables of moderation: removals of posts, with their texts and appeals, and suspensions of members."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text

from models.columns import Table, choice, key, moment, reference, within
from privacy.described import DescribedEnum


class AppealStatus(DescribedEnum):
    """The status of an appeal."""

    OPEN = "OPEN", "Waiting for a moderator's decision."
    ACCEPTED = "ACCEPTED", "A moderator restored the post."
    DECLINED = "DECLINED", "A moderator decided that the post stays removed."


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


class Appeal(Table, table=True):
    """An author's appeal against the removal of their post at `removed_at`; deleted with the post or its author."""

    __table_args__ = within(
        "care",
        UniqueConstraint("post_id", "removed_at"),
        CheckConstraint("(status = 'OPEN') = (resolved_at IS NULL)", name="resolved"),
        Index(None, "author_id"),
        Index(None, "created_at", "id"),
        Index(None, "status", "created_at", "id"),
    )

    id: UUID = key()
    post_id: UUID = reference("care.post.id")
    author_id: UUID = reference("care.member.id")
    removed_at: datetime = moment()
    status: AppealStatus = choice(
        AppealStatus, "status", default=AppealStatus.OPEN, sa_column_kwargs={"server_default": text("'OPEN'")}
    )
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
    staff_id: UUID | None = reference("identity.staff.id", gone="SET NULL", nullable=True)
    resolution: str | None = None  # the moderator's reason
    resolved_at: datetime | None = moment(default=None, nullable=True)
    text: str


class Suspension(Table, table=True):
    """A member who may read but not write in discussions, until `until`, or indefinitely if that is null."""

    __table_args__ = within("care")

    member_id: UUID = reference("care.member.id", part_of_key=True)
    until: datetime | None = moment(default=None, nullable=True)
    reason: str
    staff_id: UUID | None = reference("identity.staff.id", gone="SET NULL", nullable=True)
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
