"""Table of reads of members' data by staff and relatives: a trail to which rows are only added."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text

from models.columns import Table, choice, choices, key, moment, only_from, reference, within
from models.identity.accounts import StaffRole
from privacy.described import DescribedEnum


class DataReader(DescribedEnum):
    """Who read a member's data."""

    STAFF = "STAFF", "Cohorte's staff. They are shown by their roles, not by name."
    RELATIVE = "RELATIVE", "A relative whom the member allows to keep their diary."


class MemberDataKind(DescribedEnum):
    """A kind of a member's data, of which reads by staff and relatives are recorded."""

    PROFILE = "PROFILE", "Age band, sex and region."
    COMMUNITIES = "COMMUNITIES", "The communities they belong to, or that they belong to a community."
    COURSES = "COURSES", "Treatment courses."
    EVALUATIONS = "EVALUATIONS", "Evaluations of treatment courses, with side effects."
    OBSERVATIONS = "OBSERVATIONS", "Observations, one by one or as curves."
    REMOVED_POSTS = "REMOVED_POSTS", "The text of a post that moderators removed."


class DataRead(Table, table=True):
    """A request in which staff or a relative read one kind of a member's data. Neither text nor values are stored."""

    __table_args__ = within(
        "care",
        only_from(StaffRole, "staff_roles"),
        CheckConstraint("reader = 'STAFF' OR staff_id IS NULL AND staff_roles = '{}'", name="staff"),
        CheckConstraint("reader = 'RELATIVE' OR relative_id IS NULL", name="relative"),
        Index(None, "member_id", "read_at", "id"),
        Index(None, "relative_id"),
        Index(None, "staff_id"),
        Index(None, "read_at"),
    )

    id: UUID = key()
    member_id: UUID = reference("care.member.id")
    kind: MemberDataKind = choice(MemberDataKind, "kind")
    read_at: datetime = moment(sa_column_kwargs={"server_default": text("catalog.clock()")})
    reader: DataReader = choice(DataReader, "reader")
    staff_id: UUID | None = reference("identity.staff.id", gone="SET NULL", nullable=True)
    staff_roles: list[str] = choices()  # at the time of the read
    relative_id: UUID | None = reference("care.member.id", gone="SET NULL", nullable=True)
    document: str  # hash of the GraphQL document, which the log of operations has too
