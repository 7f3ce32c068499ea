"""Tables of associations: the public page of each, and the history of its verification."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Uuid, text
from sqlmodel import Field

from models.columns import Table, key, moment, reference, within
from models.languages import translations


class Association(Table, table=True):
    """The page of a member that is an association, which triggers make with the member.

    `translations` has its description in every language in which it is written; `description` is one of them, for
    readers of other languages. `community_ids` are the communities in which visitors find it: those that it belongs to
    while it is verified, and none otherwise. Triggers maintain them.
    """

    __table_args__ = within("catalog", Index(None, "community_ids", postgresql_using="gin"))

    member_id: UUID = reference("care.member.id", part_of_key=True)
    full_name: str
    website: str | None = None
    email: str | None = None
    phone: str | None = None
    postal_address: str | None = None
    description: str | None = None
    translations: dict[str, dict[str, str]] = translations()
    community_ids: list[UUID] = Field(
        default_factory=list, sa_type=ARRAY(Uuid), sa_column_kwargs={"server_default": text("'{}'")}
    )


class Verification(Table, table=True):
    """A decision on whether an association is the one it claims to be.

    Without a reason, a change of its name has ended the verification.
    """

    __table_args__ = within(
        "care",
        CheckConstraint("NOT verified OR reason IS NOT NULL", name="reasoned"),
        Index(None, "member_id", "created_at", "id"),
    )

    id: UUID = key()
    member_id: UUID = reference("care.member.id")
    staff_id: UUID | None = reference("identity.staff.id", gone="SET NULL", nullable=True)
    verified: bool
    reason: str | None = None
    full_name: str  # at that time
    created_at: datetime = moment(sa_column_kwargs={"server_default": text("clock_timestamp()")})
