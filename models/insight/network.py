"""Tables of the network's published counts, and of the members that they include."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Field

from models.columns import Table, moment, reference, within


class NetworkCount(Table, table=True):
    """The counts of the network that were published on a day, with noise and rounded."""

    __table_args__ = within("catalog")

    counted_on: date = Field(primary_key=True)
    active_members: int
    treatments_followed: int


class CountedMember(Table, table=True):
    """A member whom the network's published counts include, which use part of their allowance."""

    __table_args__ = within("research")

    member_id: UUID = reference("care.member.id", part_of_key=True)
    counted_since: datetime = moment(sa_column_kwargs={"server_default": text("now()")})
