"""Finds which members' data an answer has: statements put their ids beside it, which planner.marks takes out."""

from typing import TYPE_CHECKING

from graphql import FieldNode, GraphQLObjectType
from sqlalchemy import Text, case
from sqlalchemy import cast as sql_cast

from models.rows import Expression, Row
from models.viewers import Audience

if TYPE_CHECKING:
    from planner.compose import StatementBuilder

KEY = "$m"  # of an object about members, before all others; no response key has a dollar sign


def mark(
    builder: "StatementBuilder", kind: GraphQLObjectType, this: Row | None, fields: dict[str, list[FieldNode]]
) -> list[tuple[str, Expression]]:
    """The id of the member whom a row is about, under KEY; nothing if selecting these fields does not count.

    Null where it does not count at this row. Only members' reads are counted.
    """
    about = builder.tables.about.get(kind.name)
    if about is None or about.column is None or this is None or builder.audience is not Audience.PATIENT:
        return []
    selected = {nodes[0].name.value for nodes in fields.values()} - {"__typename"}
    if not selected or (not about.free and builder.parent in builder.tables.about):
        return []
    if selected <= about.free:
        found = told(builder, kind, this)
        return [] if found is None else [(KEY, found)]
    builder.marked = True
    return [(KEY, sql_cast(getattr(this, about.column), Text()))]


def told(builder: "StatementBuilder", kind: GraphQLObjectType, this: Row) -> Expression | None:
    """The id of the member of whom it tells something that the field being built leads to them, else null.

    None if that field tells nothing.
    """
    about = builder.tables.about.get(kind.name)
    if about is None or about.column is None or builder.audience is not Audience.PATIENT:
        return None
    if builder.via not in about.telling:
        return None
    builder.marked = True
    tells = about.telling[builder.via](builder.above, viewer=builder.viewer_ids())
    return case((tells, sql_cast(getattr(this, about.column), Text())))
