"""The trail of who read the viewer's data."""

from datetime import datetime

from models.identity import data_reads as tables
from models.identity.accounts import StaffRole
from planner.declare import column, graph_enum, graph_type, sql
from resolvers.identity import data_reads as resolve
from schema.access import PATIENT
from schema.identity.members import Member
from schema.pagination import Node

graph_enum(StaffRole)
graph_enum(tables.DataReader)
graph_enum(tables.MemberDataKind)


@graph_type(audience=PATIENT, row=tables.DataRead, prefix="drd")
class DataRead(Node):
    """A request in which staff or a relative read one kind of the viewer's data."""

    kind: tables.MemberDataKind = column("The kind of data that was read.")
    read_at: datetime = column("When it was read.")
    reader: tables.DataReader = column("Whether staff or a relative read it.")
    staff_roles: list[StaffRole] = column("The roles of the staff member at that time. Empty for a relative.")
    relative: Member | None = sql(
        resolve.relative_of, "The relative. Null for staff, and for a relative who has left the network."
    )
    document: str = column(
        "Hash of the GraphQL document of the request, by which Cohorte can find out what it was for."
    )
