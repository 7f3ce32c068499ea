"""Finds which members' data an answer has: statements put their ids beside it, which are removed from the answer."""

import re
from typing import TYPE_CHECKING

from graphql import FieldNode, GraphQLObjectType
from sqlalchemy import Text
from sqlalchemy import cast as sql_cast

from models.rows import Expression, Row
from models.viewers import Audience

if TYPE_CHECKING:
    from planner.compose import StatementBuilder

KEY = "$m"  # of an object about a member, before all others; no response key has a dollar sign
# Within a text of JSON, quotes are escaped: this matches no value that somebody wrote.
MARK = re.compile(r'"\$m":"([0-9a-f-]{36})",')


def mark(
    builder: "StatementBuilder", kind: GraphQLObjectType, this: Row | None, fields: dict[str, list[FieldNode]]
) -> list[tuple[str, Expression]]:
    """The id of the member whom a row is about, under KEY; nothing if selecting these fields does not count.

    Only members' reads are counted.
    """
    about = builder.tables.about.get(kind.name)
    if about is None or about.column is None or this is None or builder.audience is not Audience.PATIENT:
        return []
    selected = {nodes[0].name.value for nodes in fields.values()} - about.free - {"__typename"}
    if not selected or (not about.free and builder.parent in builder.tables.about):
        return []
    builder.marked = True
    return [(KEY, sql_cast(getattr(this, about.column), Text()))]


def unmarked(text: str) -> tuple[str, set[str]]:
    """An answer without the marks, and the ids of the members whose data it has."""
    members = set(MARK.findall(text))
    return (MARK.sub("", text) if members else text), members
