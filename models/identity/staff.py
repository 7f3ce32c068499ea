"""Table of the changes of staff accounts and their roles, to which rows are only added."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text

from models.columns import Table, choice, choices, key, moment, only_from, reference, within
from models.identity.accounts import StaffRole
from privacy.described import DescribedEnum


class StaffStatus(DescribedEnum):
    """The status of a staff member."""

    INVITED = "INVITED", "They have not signed in yet."
    ACTIVE = "ACTIVE", "They have signed in."
    SUSPENDED = "SUSPENDED", "They cannot sign in, and have no roles, until they are reinstated."


class StaffChangeKind(DescribedEnum):
    """What was changed of a staff member."""

    CREATED = "CREATED", "The account was created, with its first roles."
    ROLES_CHANGED = "ROLES_CHANGED", "They were given other roles."
    SUSPENDED = "SUSPENDED", "They were suspended."
    REINSTATED = "REINSTATED", "They were reinstated, with their previous roles."
    SECOND_FACTOR_RESET = "SECOND_FACTOR_RESET", "The operator removed their second factors, which they had lost."


class StaffChange(Table, table=True):
    """A change of a staff member, by whom, and the roles that they were given with it."""

    __table_args__ = within(
        "identity",
        only_from(StaffRole, "roles"),
        Index(None, "staff_id", "changed_at", "id"),
        Index(None, "by_staff_id"),
    )

    id: UUID = key()
    staff_id: UUID = reference("identity.staff.id")
    kind: StaffChangeKind = choice(StaffChangeKind, "kind")
    roles: list[str] = choices()  # in force or withheld
    by_staff_id: UUID | None = reference("identity.staff.id", gone="SET NULL", nullable=True)  # null: the operator
    changed_at: datetime = moment(sa_column_kwargs={"server_default": text("catalog.clock()")})
