"""Staff and the history of their roles."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from models.identity import accounts as tables
from models.identity.staff import StaffChange as StaffChangeRow
from models.identity.staff import StaffChangeKind, StaffStatus
from planner.declare import column, graph_enum, graph_type, paged, sql
from resolvers.identity import staff as resolve
from schema.access import MANAGER
from schema.pagination import Node, RelayConnection

graph_enum(StaffStatus)
graph_enum(StaffChangeKind)


@graph_type(audience=MANAGER, row=StaffChangeRow, prefix="stc")
class StaffChange(Node):
    """A change of a staff member's account."""

    staff: Annotated["Staff", strawberry.lazy("schema.identity.staff")] = sql(resolve.staff_of, "The staff member.")
    kind: StaffChangeKind = column("What was changed.")
    roles: list[tables.StaffRole] = column("The roles that they have had since then, in force or withheld.")
    changed_by: Annotated["Staff", strawberry.lazy("schema.identity.staff")] | None = sql(
        resolve.changed_by, "The administrator who made the change. Null if the operator made it, at the command line."
    )
    changed_at: datetime = column("When it was made.")


@graph_type(audience=MANAGER, row=tables.Staff, prefix="stf")
class Staff(Node):
    """A staff member of Cohorte."""

    name: str = column("Their name.")
    roles: list[tables.StaffRole] = column("Their roles.")
    withheld_roles: list[tables.StaffRole] = column(
        "Roles that they were given but cannot use: all while they are suspended; without a second factor, those "
        "that can read members' data or give roles."
    )
    status: StaffStatus = sql(resolve.status_of, "Whether they have signed in, and whether they are suspended.")
    last_signed_in_on: date | None = column("The day on which they signed in last, by UTC. Null if they never have.")
    has_second_factor: bool = column("Whether they have set a second factor.")
    changes: RelayConnection[StaffChange] = paged(
        resolve.changes_of, "Changes of their account, newest first. Empty unless the viewer is an administrator."
    )
