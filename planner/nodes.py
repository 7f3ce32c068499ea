"""Reads objects by their ids, as `node` and `nodes` do: an id is its type's prefix and the columns of a key."""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_named_type
from sqlalchemy import Text, func, literal_column, select
from sqlalchemy import cast as sql_cast

from models.rows import Expression, Row, row
from planner.arguments import bad_user_input, converted, encodes, prefix_of, sql_type, value_of
from planner.declared import PAGE_LIMIT
from planner.expressions import OuterExpression, as_object, as_values
from planner.tables import Ordered, ordered

if TYPE_CHECKING:
    from planner.compose import StatementBuilder

SEPARATOR = "."  # between the columns of a key; only the last one may contain it
LARGEST = 2**31 - 1  # of PostgreSQL's integers


def id_of(this: Row, key: Sequence[str]) -> Expression:
    """A row's id without the prefix."""
    if len(key) == 1:
        return cast(Expression, getattr(this, key[0]))
    parts = [sql_cast(getattr(this, name), Text()) for name in key]
    return reduce(lambda whole, part: whole.concat(literal_column(f"'{SEPARATOR}'", Text())).concat(part), parts)


def key_in(kinds: Sequence[type], prefix: str, id: Any) -> tuple[Any, ...]:
    """The key in an id: one value for each of these types. Each is None if the id is malformed or of another type."""
    nothing = (None,) * len(kinds)
    if prefix_of(id) != prefix:
        return nothing
    parts = id.partition("_")[2].split(SEPARATOR, len(kinds) - 1)
    if len(parts) != len(kinds):
        return nothing
    values = [_part(kind, part) for kind, part in zip(kinds, parts, strict=True)]
    return nothing if None in values else tuple(values)


def _part(kind: type, text: str) -> Any:
    if issubclass(kind, UUID):
        try:
            return UUID(text) if len(text) == 36 else None
        except ValueError:
            return None
    if kind is int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST)) else LARGEST + 1
        return number if number <= LARGEST and str(number) == text else None
    if issubclass(kind, Enum):
        return text if text in kind.__members__ else None
    return text if encodes(text) and "\0" not in text else None


def node(builder: "StatementBuilder", declared: GraphQLField, nodes: list[FieldNode]) -> Expression | None:
    """The object of an id; None if no type of this view has its prefix, which is part of the plan's key."""
    given = value_of(nodes[0], declared, "id", builder.variables)
    kind = _kind(builder, declared, builder.tables.prefix_of(given))
    if kind is None:
        return None
    rows, kinds, prefix = *_rows(builder, kind, declared, nodes), builder.tables.prefixes[kind.name]

    def part_of(at: int) -> Callable[[Any], Any]:
        return lambda id: key_in(kinds, prefix, id)[at]

    for at, name in enumerate(builder.tables.keys[kind.name]):
        value = builder.bind(converted(nodes[0], declared, "id", part_of(at)), sql_type(kinds[at]))
        rows = rows.where(getattr(rows.row, name) == value)
    return as_object(rows.select(builder.labels(kind, rows.row, nodes, builder.for_executor)))


def nodes_in_order(builder: "StatementBuilder", declared: GraphQLField, nodes: list[FieldNode]) -> Expression:
    """The objects of a list of ids; the set of their prefixes is part of the plan's key."""
    prefixes = builder.tables.prefixes_of(value_of(nodes[0], declared, "ids", builder.variables))

    def column_of(prefix: str, kinds: Sequence[type], at: int) -> Expression:
        def values(ids: list[Any]) -> list[Any]:
            if len(ids) > PAGE_LIMIT:
                raise bad_user_input(f"The argument 'ids' must have at most {PAGE_LIMIT} ids.", nodes[0])
            found = [key_in(kinds, prefix, id)[at] for id in ids]
            return [None if part is None else str(part) for part in found]

        return builder.bind_list(converted(nodes[0], declared, "ids", values), sql_type(kinds[at]))

    columns, finds = {"none_0": column_of("", (UUID,), 0)}, []
    for prefix in sorted(prefixes):
        kind = _kind(builder, declared, prefix)
        if kind is not None:
            rows, kinds = _rows(builder, kind, declared, nodes)
            columns |= {f"{prefix}_{at}": column_of(prefix, kinds, at) for at in range(len(kinds))}
            finds.append(partial(_found, builder, kind, rows, prefix, nodes))
    if finds:
        del columns["none_0"]  # it only counts the ids
    placed = func.unnest(*columns.values()).table_valued(*columns, with_ordinality="place").render_derived()
    found = [find(placed.c) for find in finds] or [literal_column("NULL::json")]
    value = func.coalesce(*found) if len(found) > 1 else found[0]
    return as_values(select(value).select_from(placed).order_by(placed.c.place))


def _found(
    builder: "StatementBuilder",
    kind: GraphQLObjectType,
    rows: Ordered,
    prefix: str,
    nodes: list[FieldNode],
    placed: Any,
) -> Expression:
    for at, name in enumerate(builder.tables.keys[kind.name]):
        rows = rows.where(getattr(rows.row, name) == OuterExpression(placed[f"{prefix}_{at}"]))
    return as_object(rows.select(builder.labels(kind, rows.row, nodes, builder.for_executor)))


def _kind(builder: "StatementBuilder", declared: GraphQLField, prefix: str) -> GraphQLObjectType | None:
    """The type whose ids have the prefix, if the field can return it."""
    kind = builder.tables.by_prefix.get(prefix)
    interface = cast(Any, get_named_type(declared.type))
    return kind if kind is not None and builder.selections.schema.is_sub_type(interface, kind) else None


def _rows(
    builder: "StatementBuilder", kind: GraphQLObjectType, declared: GraphQLField, nodes: list[FieldNode]
) -> tuple[Ordered, list[type]]:
    """The rows of a type that can be found by id, and the Python types of their key."""
    tables = builder.tables
    among = tables.among.get(kind.name)
    if among is None:
        rows = ordered(select(row(tables.table_of[kind.name])))
    else:
        rows = ordered(builder.resolved(among, declared, None, nodes))
    kinds = [getattr(rows.row, name).type.python_type for name in tables.keys[kind.name]]
    # The texts of SQLModel have no Python type of their own.
    return rows, [str if each is object else each for each in kinds]
