"""Finds which kinds of whose data an answer shows to staff or a relative: statements put them beside its objects."""

from typing import TYPE_CHECKING

from graphql import GraphQLObjectType, get_named_type, is_object_type
from sqlalchemy import Text, case, func
from sqlalchemy import cast as sql_cast

from models.rows import Expression, Row, word
from models.viewers import Audience
from planner.declared import Recorded
from planner.selection import Fields

if TYPE_CHECKING:
    from planner.compose import StatementBuilder

KEY = "$r"  # of an object that shows a member's data, before its fields; no response key has a dollar sign


def record(
    builder: "StatementBuilder", kind: GraphQLObjectType, this: Row | None, fields: Fields
) -> list[tuple[str, Expression]]:
    """The member whom a row is about and the kinds of their data that it shows, under KEY; nothing if it shows none.

    Null at a row that a member does not read as a relative. What is reached from a row about a member, and is of the
    same member, is part of what that row shows.
    """
    recorded = builder.tables.recorded.get(kind.name)
    if recorded is None or this is None or builder.audience not in (Audience.PATIENT, Audience.MANAGER):
        return []
    above = builder.parent in builder.tables.about or builder.parent in builder.tables.recorded
    if above and is_inner(builder, kind):
        return []
    kinds = shown(builder, kind, fields)
    if builder.via in recorded.reached_by:
        kinds[recorded.reached_by[builder.via]] = None
    if not kinds:
        return []
    member = getattr(this, recorded.member)
    if builder.audience is Audience.MANAGER:
        builder.recorded = True
        note: Expression = sql_cast(member, Text())
        for name in kinds:
            note = note.concat(_word(recorded, this, name))
        return [(KEY, note)]
    if recorded.entrusted is None:
        return []
    builder.recorded = True
    note = sql_cast(member, Text()).concat(word("".join(f" {name}" for name in kinds)))
    return [(KEY, case((member == func.any(recorded.entrusted()), note)))]


def shown(builder: "StatementBuilder", kind: GraphQLObjectType, fields: Fields) -> dict[str, None]:
    """The kinds of data that selecting these fields shows, with what is reached from them of the same member."""
    recorded, kinds = builder.tables.recorded.get(kind.name), dict[str, None]()
    if recorded is not None and recorded.row is not None:
        kinds[recorded.row] = None
    for nodes in fields.values():
        name = nodes[0].name.value
        if recorded is not None and name in recorded.fields:
            kinds[recorded.fields[name]] = None
        target = None if name.startswith("__") else get_named_type(kind.fields[name].type)
        if is_object_type(target) and is_inner(builder, target):
            kinds |= shown(builder, target, builder.selections.fields(target, nodes))
    return kinds


def is_inner(builder: "StatementBuilder", kind: GraphQLObjectType) -> bool:
    """Whether rows of a type that are reached from a row about a member are about the same member."""
    about = builder.tables.about.get(kind.name)
    return about is not None and not about.free


def _word(recorded: Recorded, this: Row, kind: str) -> Expression:
    shown = word(f" {kind}")
    exists = recorded.exists.get(kind)
    return shown if exists is None else case((exists(this), shown), else_=word(""))
