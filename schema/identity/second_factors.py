"""The viewer's second factors."""

from datetime import date, datetime

from models.identity import second_factors as tables
from planner.declare import column, graph_enum, graph_type
from resolvers.identity import second_factors as resolve
from schema.access import SIGNED_IN
from schema.pagination import Node

graph_enum(tables.SecondFactorKind)


@graph_type(audience=SIGNED_IN, row=tables.SecondFactor, prefix="sfa", among=resolve.second_factors)
class SecondFactor(Node):
    """A second factor of the viewer's account."""

    kind: tables.SecondFactorKind = column("The kind of second factor.")
    name: str = column("The name that the viewer gave it.")
    created_at: datetime = column("When it was added.")
    last_used_on: date | None = column("The day on which it was used last, by UTC. Null if never since it was added.")
