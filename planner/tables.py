"""Maps the graph's types to tables, and analyses the rows that resolvers return."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type, is_object_type
from sqlalchemy import Alias, FromClause, Lateral, Select, Table, UnaryExpression, select, tuple_
from sqlalchemy.sql import operators
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlmodel import SQLModel

from models.rows import Expression, Row, base_of
from planner.arguments import prefix_of
from planner.declare import graph_of, source_of
from planner.declared import AboutMember, Column, Recorded, Source, Sql
from planner.expressions import OuterColumn, OuterExpression, integer, labelled, limited
from planner.selects import Ordering, Selected

DEFINITION = "strawberry-definition"  # where Strawberry keeps its own record of a graphql-core type or field


class Tables:
    """The sources, Python names, tables, id prefixes and keys of one view's types, from their declarations.

    `sources` and `python_names` are keyed by (type name, field name), in the graph's spelling. `plain` are types
    without a table whose fields are all leaves and columns: where Python returns their objects, attributes.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self.sources: dict[tuple[str, str], Source | None] = {}
        self.python_names: dict[tuple[str, str], str] = {}
        self.plain: set[str] = set()
        self.prefixes: dict[str, str] = {}
        self.keys: dict[str, tuple[str, ...]] = {}
        self.among: dict[str, Sql] = {}
        self.table_of: dict[str, type[SQLModel]] = {}
        self.by_prefix: dict[str, GraphQLObjectType] = {}
        self.about: dict[str, AboutMember] = {}
        self.recorded: dict[str, Recorded] = {}
        self._by_table: dict[Table, GraphQLObjectType] = {}
        for kind in schema.type_map.values():
            definition = kind.extensions.get(DEFINITION)
            if not is_object_type(kind) or definition is None:
                continue
            for name, field in kind.fields.items():
                declared = field.extensions[DEFINITION]
                self.sources[kind.name, name] = source_of(declared)
                self.python_names[kind.name, name] = declared.python_name
            graph = graph_of(definition.origin)
            if graph is not None and graph.table is not None:
                self.table_of[kind.name] = graph.table
                self._by_table.setdefault(graph.table.__table__, kind)  # type: ignore[attr-defined]
            if graph is not None and graph.about is not None:
                self.about[kind.name] = graph.about
            if graph is not None and graph.recorded is not None:
                self.recorded[kind.name] = graph.recorded
            if graph is not None and graph.prefix is not None:
                self.prefixes[kind.name], self.keys[kind.name] = graph.prefix, graph.key
                self.by_prefix[graph.prefix] = kind
                if graph.among is not None:
                    self.among[kind.name] = graph.among
            if kind.name not in self.table_of and all(
                self.sources[kind.name, name] == Column() and is_leaf_type(get_named_type(field.type))
                for name, field in kind.fields.items()
            ):
                self.plain.add(kind.name)

    def prefix_of(self, id: Any) -> str:
        """The prefix of an id if this view knows it, else "": invented prefixes must not each cause a plan."""
        prefix = prefix_of(id)
        return prefix if prefix in self.by_prefix else ""

    def prefixes_of(self, ids: Any) -> Any:
        """The prefix of an id, or those of a list of ids, as a part of a plan's key."""
        return frozenset(map(self.prefix_of, ids)) if isinstance(ids, list) else self.prefix_of(ids)

    def type_of(self, rows: "Ordered") -> GraphQLObjectType | None:
        """The type of a table's rows; None if this view has none. Raises TypeError for other rows."""
        if rows.row.table_ is None:
            raise TypeError("rows of an interface or union must be whole rows of a table")
        return self._by_table.get(rows.row.table_)


@dataclass(frozen=True)
class Ordered:
    """A resolver's rows: the row that fields are resolved on, the expressions they are ordered by, and the SELECT."""

    row: Row
    keys: tuple[Expression, ...]
    descends: tuple[bool, ...]  # of each key
    source: Select[Any]
    limited: bool = False  # the resolver has a LIMIT, and is in its order
    inner_keys: tuple[Expression, ...] = ()  # the keys as the resolver wrote them

    @property
    def order(self) -> tuple[Expression, ...]:
        """The ORDER BY clauses."""
        return order_by(self.keys, self.descends)

    def select(self, columns: Sequence[Expression]) -> Selected:
        """These columns of the rows, in their order."""
        if self.limited:
            return Selected(columns, self.source, self.source._order_by_clauses, self.source._limit_clause)
        return Selected(columns, self.source, self.order)

    def past(self, values: Sequence[Expression], backward: bool) -> "Ordered":
        """The rows past these values of the keys, by a comparison of rows, for which PostgreSQL can use an index."""
        here, there = (tuple_(*self.keys), tuple_(*values)) if len(values) > 1 else (self.keys[0], values[0])
        return self.where(here < there if self.descends[0] is not backward else here > there)

    def where(self, condition: Expression) -> "Ordered":
        return replace(self, source=self.source.where(condition))

    def first(self, columns: Sequence[Expression], most: int) -> Selected:
        """These columns of the first rows."""
        return Selected(columns, self.source, self.select(columns).order, integer(most))

    def turned(self) -> "Ordered":
        """The same rows in reverse order."""
        return replace(self, descends=tuple(not each for each in self.descends))


def order_by(keys: Sequence[Expression], descends: Sequence[bool]) -> tuple[Expression, ...]:
    """The ORDER BY clauses of these keys."""
    return tuple(Ordering(key, down) for key, down in zip(keys, descends, strict=True))


def ordered(rows: Select[Any]) -> Ordered:
    """Analyses a resolver's rows. Whole rows of one table, or of a lateral subselect of such, keep their FROM.

    All others become a subquery.

    Raises TypeError for an order with NULLS FIRST or NULLS LAST.
    """
    keys, descends = _order(rows)
    rows, entity, has_limit = limited(rows), _entity(rows), rows._limit_clause is not None
    if entity is not None:
        source, table = entity
        whole = Row(OuterColumns(source, table.c), None, base_of(cast(Table, table.element)))
        return Ordered(whole, tuple(map(OuterExpression, keys)), descends, rows, has_limit, tuple(keys))
    hidden = [(f"_k{at}", key) for at, key in enumerate(keys)]
    derived = (rows if has_limit else rows.order_by(None)).add_columns(*labelled(hidden)).subquery()
    columns = {name: OuterColumn(derived, name, each.type) for name, each in rows.selected_columns.items()}
    outside = tuple(OuterColumn(derived, name, key.type) for name, key in hidden)
    return Ordered(Row(columns, None, None), outside, descends, select(derived), inner_keys=tuple(keys))


class OuterColumns(Mapping[str, Expression]):
    """The columns of a table, or of a subquery with its rows, as the levels below name them. Most do not."""

    def __init__(self, source: FromClause, columns: ReadOnlyColumnCollection[str, Any]) -> None:
        self.source, self.columns = source, columns

    def __getitem__(self, name: str) -> Expression:
        column = self.columns[name]
        return OuterColumn(self.source, column.name, column.type)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns.keys())

    def __len__(self) -> int:
        return len(self.columns)


def _entity(rows: Select[Any]) -> tuple[FromClause, Alias] | None:
    """What a SELECT has whole rows of, and the table whose rows they are; None for any other SELECT."""
    if len(rows._raw_columns) != 1 or rows._distinct or rows._group_by_clauses or rows._having_criteria:
        return None
    (entity,) = rows._raw_columns
    if isinstance(entity, Lateral):
        inner = _entity(cast(Any, entity.element).element)
        return None if inner is None else (entity, inner[1])
    return (entity, entity) if isinstance(entity, Alias) and isinstance(entity.element, Table) else None


def _order(rows: Select[Any]) -> tuple[list[Expression], tuple[bool, ...]]:
    keys, descends = [], []
    for clause in rows._order_by_clauses:
        modifier = clause.modifier if isinstance(clause, UnaryExpression) else None
        if modifier not in (None, operators.desc_op, operators.asc_op):
            raise TypeError("a resolver's order must be ascending or descending, without NULLS FIRST or NULLS LAST")
        keys.append(clause.element if modifier is not None else clause)
        descends.append(modifier is operators.desc_op)
    return keys, tuple(descends)
