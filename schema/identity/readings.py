"""Alerts about members who tried to read too much."""

from datetime import date

from models.identity import readings as tables
from planner.declare import column, graph_type, sql
from resolvers.identity import members
from schema.access import MANAGER
from schema.identity.members import Member
from schema.pagination import Node


@graph_type(audience=MANAGER, row=tables.ReadingAlert, prefix="rda")
class ReadingAlert(Node):
    """A day on which a member tried to read the data of more members than is allowed."""

    member: Member = sql(members.member_of, "The member who read.")
    day: date = column("The day, by UTC.")
