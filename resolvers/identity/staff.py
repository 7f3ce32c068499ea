"""Reads staff members, their status and the history of their roles."""

from sqlalchemy import case

from models.database import Connection
from models.identity import accounts, staff
from models.identity.accounts import StaffRole
from models.identity.staff import StaffStatus
from models.name_order import ordered_as
from models.rows import Expression, Row, Rows, row, select
from models.viewers import Viewer


async def lacks_second_factor(connection: Connection, viewer: Viewer, role: StaffRole) -> bool:
    """Whether the viewer was given a role that is withheld until they set a second factor."""
    query = """
        SELECT $2 = ANY (withheld_roles) AND suspended_at IS NULL AND NOT has_second_factor
        FROM identity.staff WHERE id = $1
    """
    return bool(await connection.fetchval(query, viewer.staff, role.value))


def staff_members() -> Rows:
    """The staff members whom the viewer may read: all for administrators, themselves for others."""
    member = row(accounts.Staff)
    return select(member).order_by(ordered_as(member.name), member.id)


def status_of(member: Row) -> Expression:
    """A StaffStatus: INVITED until they have signed in once."""
    signed_in = member.last_signed_in_on.is_not(None)
    return case(
        (member.suspended_at.is_not(None), StaffStatus.SUSPENDED.value),
        (signed_in, StaffStatus.ACTIVE.value),
        else_=StaffStatus.INVITED.value,
    )


def changes_of(member: Row) -> Rows:
    """What was changed of a staff member's account, the newest first."""
    change = row(staff.StaffChange)
    found = select(change).where(change.staff_id == member.id)
    return found.order_by(change.changed_at.desc(), change.id.desc())


def staff_of(change: Row) -> Rows:
    """One row, by `staff_id`: whose account was changed."""
    member = row(accounts.Staff)
    return select(member).where(member.id == change.staff_id)


def changed_by(change: Row) -> Rows:
    """One row, or none if the operator made the change, at the command line."""
    member = row(accounts.Staff)
    return select(member).where(member.id == change.by_staff_id)
