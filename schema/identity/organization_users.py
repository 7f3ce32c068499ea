"""Users of organizations."""

from datetime import date, datetime

from models.identity import organization_users as tables
from planner.declare import column, graph_enum, graph_type, sql
from resolvers.identity import organization_users as resolve
from schema.access import BUYER, MANAGER
from schema.pagination import Node
from schema.scalars import EmailAddress

graph_enum(tables.UserRole)
graph_enum(tables.UserStatus)


@graph_type(audience=BUYER | MANAGER, row=tables.OrganizationUser, prefix="usr")
class OrganizationUser(Node):
    """A user of an organization, or a person who was invited to be one."""

    email: EmailAddress = column("The address that they sign in with, or were invited at.")
    role: tables.UserRole = column("Their role.")
    status: tables.UserStatus = sql(resolve.status_of, "Whether they have accepted their invitation.")
    invited_at: datetime = column("When they were invited last, or when the organization was created.")
    expires_at: datetime | None = column("When their invitation expires. Null once they have an account.")
    joined_at: datetime | None = column("When their account was opened. Null while they are invited.")
    last_signed_in_on: date | None = column("The day on which they signed in last, by UTC. Null if they never have.")
    is_viewer: bool = sql(resolve.is_viewer, "Whether this is the authenticated caller.")
