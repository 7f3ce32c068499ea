"""Tables of what one account may read and join: what it has read today, who read too much, and communities joined."""

from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, UniqueConstraint, text
from sqlmodel import Field

from models.columns import Table, key, reference, within


class Reading(Table, table=True):
    """The members whose data a member has read on their latest day of reading, as hashes; deleted the day after."""

    __table_args__ = within("identity")

    member_id: UUID = reference("care.member.id", part_of_key=True)
    day: date  # by UTC
    seen: list[int] = Field(sa_type=ARRAY(BigInteger))


class ReadingAlert(Table, table=True):
    """A day on which a member tried to read the data of more members than one may; for moderators."""

    __table_args__ = within("care", UniqueConstraint("member_id", "day"))

    id: UUID = key()
    member_id: UUID = reference("care.member.id")
    day: date  # by UTC


class Joining(Table, table=True):
    """How many communities a member has joined, those that they left included; which ones is not stored."""

    __table_args__ = within("identity", CheckConstraint("total >= 0 AND today >= 0 AND allowed >= 0", name="counts_up"))

    member_id: UUID = reference("care.member.id", part_of_key=True)
    total: int
    day: date | None = None  # of the latest one, by UTC
    today: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})  # on that day
    # How many more than others they may join, by a moderator's decision.
    allowed: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
