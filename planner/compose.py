"""Builds the SQL of a selection, level by level: fields become expressions, objects become subselects."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)
from sqlalchemy import ARRAY, Select, Uuid, bindparam, literal_column, select, union_all
from sqlalchemy import cast as sql_cast

from models.rows import Branches, Expression, ListParts, Row, ViewerIds, own_rows, translated
from models.viewers import Audience
from planner.arguments import PAGE, PlanInputs, Variables, bound, is_given, not_below, page_size, sql_type, value_of
from planner.compiling import ValueReader
from planner.cursors import Cursors
from planner.data_reads import record
from planner.declared import Column, Computed, NodeById, NodesByIds, Paged, Sql
from planner.expressions import (
    EMPTY_LIST,
    JSON,
    TEXT,
    as_list,
    as_object,
    as_values,
    integer,
    labelled,
    limited,
    object_of,
    typename,
)
from planner.keyset import page
from planner.known_ids import StatementCheck, known_keys
from planner.member_reads import mark
from planner.nodes import id_of, node, nodes_in_order
from planner.parts import merged
from planner.selection import Fields, Selections
from planner.tables import Tables, ordered

UUIDS = Uuid()
NULL = literal_column("NULL::json", JSON)
LANGUAGE = "language"  # name of a parameter
TYPENAME = "__t"  # hidden key of rows of interfaces and unions, from which graphql-core reads their type


class NotPlannable(Exception):
    """The selection cannot be one SQL expression: a field is resolved or computed in Python, by graphql-core."""


@dataclass
class StatementBuilder:
    """Builds one statement; `bound` collects the reader of each of its parameters."""

    tables: Tables
    selections: Selections
    variables: Variables
    audience: Audience
    cursors: Cursors
    numbers: Iterator[int] = field(default_factory=count)
    for_executor: bool = False  # graphql-core completes the result: rows of abstract types carry their type
    bound: dict[str, ValueReader] = field(default_factory=dict)
    checks: list[StatementCheck] = field(default_factory=list)
    parent: str = ""  # the type whose field is being built
    via: str = ""  # that field, as `Type.field`
    above: Row | None = None  # and the row on which it is resolved
    own: bool = False  # the rows of that field are the viewer's own
    marked: bool = False  # objects have the ids of the members whom they are about
    recorded: bool = False  # objects have which kinds of a member's data they show
    paged: bool = False  # it has cursors
    bound_language: Expression | None = None

    def fields_of(self, kind: GraphQLObjectType, this: Row | None, fields: Fields) -> list[tuple[str, Expression]]:
        """Response keys and expressions of the selected fields, in order. Raises NotPlannable."""
        found = []
        for key, nodes in fields.items():
            name = nodes[0].name.value
            if name == "__typename":
                found.append((key, typename(kind)))
                continue
            if name.startswith("__"):
                raise NotPlannable
            found.append((key, self.field(kind, this, nodes)))
        return found

    def field(self, kind: GraphQLObjectType, this: Row | None, nodes: list[FieldNode]) -> Expression:
        """The expression of one field with its selection. Raises NotPlannable."""
        outer = self.parent, self.via, self.above, self.own
        name = nodes[0].name.value
        self.parent, self.via, self.above, self.own = kind.name, f"{kind.name}.{name}", this, self.is_own(kind, name)
        found = self.expression_of(kind, this, nodes)
        self.parent, self.via, self.above, self.own = outer
        return found

    def is_own(self, kind: GraphQLObjectType, name: str) -> bool:
        """Whether a field's rows are the viewer's own: by their type, or because the row it is read of is.

        What is reached from a row about a member, and is about one, is of the same member: `AboutMember`.
        """
        target: Any = get_named_type(kind.fields[name].type)
        if isinstance(self.tables.sources[kind.name, name], Paged):
            target = get_named_type(target.fields["nodes"].type)
        about = self.tables.about.get(target.name)
        return about is not None and (about.own or (self.own and not about.free))

    def expression_of(self, kind: GraphQLObjectType, this: Row | None, nodes: list[FieldNode]) -> Expression:
        name = nodes[0].name.value
        declared, source = kind.fields[name], self.tables.sources[kind.name, name]
        if source is None:
            raise NotPlannable
        if isinstance(source, Column):
            return self.leaf(kind, declared.type, self.column(source, name, kind, this))
        if isinstance(source, NodeById):
            found = node(self, declared, nodes)
            return NULL if found is None else found
        if isinstance(source, NodesByIds):
            return nodes_in_order(self, declared, nodes)
        if isinstance(source, Computed):
            if source.planned is None or self.computes(source, declared, nodes[0]):
                return self.computation_input(source, declared, this, nodes)
            source = source.planned
        value = self.resolved(source, declared, this, nodes)
        if isinstance(source, Paged):
            parts = isinstance(value, ListParts)
            rows = merged(value, f"parts_{next(self.numbers)}") if parts else ordered(value)
            return page(self, kind, declared, nodes, rows)
        return self.value(kind, declared.type, value, nodes)

    def column(self, source: Column, name: str, kind: GraphQLObjectType, this: Row | None) -> Expression:
        assert this is not None
        if name == "id" and kind.name in self.tables.keys:
            return id_of(this, self.tables.keys[kind.name])
        of = source.of or self.tables.python_names[kind.name, name]
        return translated(this, of, self.language()) if source.translated else cast(Expression, getattr(this, of))

    def resolved(self, source: Sql, declared: GraphQLField, this: Row | None, nodes: list[FieldNode]) -> Any:
        """The resolver's result: it is called with its row, its arguments and, if it takes one, the viewer."""
        node, keywords = nodes[0], cast(dict[str, Any], {})
        for parameter in source.parameters:
            name = parameter.argument
            if parameter.bound:
                given = parameter.required or is_given(node, declared, name, self.variables)
                if given and name in source.known:
                    keywords[parameter.name] = known_keys(self, node, declared, name, source.known[name])
                elif given:
                    value = bound(node, declared, name, parameter.kind)
                    if source.span is not None and name == source.span[1]:
                        value = not_below(
                            bound(node, declared, source.span[0], parameter.kind), value, source.span, node
                        )
                    keywords[parameter.name] = self.bind(value, sql_type(parameter.kind))
            elif name in PAGE:
                keywords[parameter.name] = self.size(node, declared, name) or parameter.default
            elif is_given(node, declared, name, self.variables):
                keywords[parameter.name] = value_of(node, declared, name, self.variables)
        if source.asks_viewer:
            keywords["viewer"] = self.viewer_ids()
        with own_rows() if self.own else nullcontext():
            return source.resolver(*([this] if source.takes_row else []), **keywords)

    def computes(self, source: Computed, declared: GraphQLField, node: FieldNode) -> bool:
        """Whether an argument is given that only the computed form accepts."""
        return any(is_given(node, declared, name, self.variables) for name in source.unless)

    def computation_input(
        self, source: Computed, declared: GraphQLField, this: Row | None, nodes: list[FieldNode]
    ) -> Expression:
        """The input of a computation. Raises NotPlannable unless graphql-core executes the operation."""
        if not self.for_executor:
            raise NotPlannable
        value = self.resolved(source, declared, this, nodes)
        return limited(value).scalar_subquery() if isinstance(value, Select) else cast(Expression, value)

    def size(self, node: FieldNode, declared: GraphQLField, name: str) -> int | None:
        return page_size(node, declared, name, self.variables)

    def bind(self, value: ValueReader, kind: Any) -> Expression:
        """A new parameter of the statement; `value` reads it from each request."""
        name = f"bound_{len(self.bound)}"
        self.bound[name] = value
        return bindparam(name, None, kind)

    def bind_list(self, values: ValueReader, kind: Any) -> Expression:
        """A new parameter with a list, whose items `values` reads as text or null.

        It is sent as text[]: for other arrays, asyncpg asks PostgreSQL about their type on each new connection.
        """
        return sql_cast(self.bind(values, ARRAY(TEXT)), ARRAY(kind))

    def language(self) -> Expression:
        """The tag of the viewer's language, as one parameter of the statement."""
        if self.bound_language is None:
            self.bound[LANGUAGE] = lambda inputs: inputs.viewer.reads_in.tag
            self.bound_language = bindparam(LANGUAGE, None, TEXT)
        return self.bound_language

    def viewer_ids(self) -> ViewerIds:
        """The viewer as a resolver sees it: each attribute is a parameter of the statement."""
        return BoundViewer(self)

    def value(self, kind: GraphQLObjectType, wanted: Any, value: Any, nodes: list[FieldNode]) -> Expression:
        """A resolver's result as the JSON of the field's type."""
        bare: Any = get_nullable_type(wanted)
        many, named = is_list_type(bare), cast(Any, get_named_type(bare))
        if value is None:
            return nothing(many)
        if isinstance(value, Branches):
            return self.branches(value, nodes, many)
        if is_leaf_type(named):
            if isinstance(value, Select):
                return as_values(limited(value)) if many else self.leaf(kind, bare, limited(value).scalar_subquery())
            return self.leaf(kind, bare, value)
        if isinstance(value, Row):
            if is_abstract_type(named):
                raise TypeError(f"{kind.name}.{nodes[0].name.value}: the given row must not be of an abstract type")
            return self.object(named, value, nodes)
        rows = ordered(value)
        concrete = self.tables.type_of(rows) if is_abstract_type(named) else named
        if concrete is None:  # this view has no type for these rows
            return nothing(many)
        hidden = self.for_executor and is_abstract_type(named)
        selected = rows.select(self.labels(concrete, rows.row, nodes, hidden))
        return as_list(selected) if many else as_object(selected)

    def labels(self, kind: Any, this: Row, nodes: list[FieldNode], hidden: bool = False) -> list[Expression]:
        """What is selected of a row, as the columns of a SELECT."""
        return labelled(self.selected(kind, this, nodes, hidden))

    def object(self, kind: Any, this: Row, nodes: list[FieldNode], hidden: bool = False) -> Expression:
        """What is selected of a row of an enclosing level, as a JSON object."""
        return object_of(self.selected(kind, this, nodes, hidden))

    def selected(self, kind: Any, this: Row, nodes: list[FieldNode], hidden: bool) -> list[tuple[str, Expression]]:
        fields = self.selections.fields(kind, nodes)
        found = mark(self, kind, this, fields) + record(self, kind, this, fields) + self.fields_of(kind, this, fields)
        if hidden:
            found.append((TYPENAME, typename(kind)))
        return found

    def branches(self, value: Branches, nodes: list[FieldNode], many: bool) -> Expression:
        """Rows of several tables: as one list in a common order, or as the first row found."""
        selects, descending = [], cast(tuple[bool, ...], ())
        for rows in map(ordered, value.selects):
            concrete = self.tables.type_of(rows)
            if concrete is not None:
                item = self.object(concrete, rows.row, nodes, self.for_executor)
                keys = [(f"k{at}", key) for at, key in enumerate(rows.keys)]
                descending = rows.descends
                columns = [item.label("o"), *(key.label(name) for name, key in keys)]  # which are referred to below
                selects.append(rows.select(columns).as_select().order_by(None))
        if not selects:
            return nothing(many)
        together = (union_all(*selects) if len(selects) > 1 else selects[0]).subquery()
        if not many:
            return select(together.c.o).limit(integer(1)).scalar_subquery()
        keys_in_order = [
            together.c[f"k{at}"].desc() if descends else together.c[f"k{at}"] for at, descends in enumerate(descending)
        ]
        return as_values(select(together.c.o).order_by(*keys_in_order))

    def leaf(self, kind: GraphQLObjectType, wanted: Any, value: Expression) -> Expression:
        """A leaf in its JSON form: ids with their type's prefix, decimals as text."""
        bare = get_nullable_type(wanted)
        name = bare.name if isinstance(bare, (GraphQLScalarType, GraphQLEnumType)) else ""
        if name == "ID":
            prefix = self.tables.prefixes[kind.name]
            return literal_column(f"'{prefix}_'", TEXT).concat(sql_cast(value, TEXT))
        if name == "Decimal":
            return sql_cast(value, TEXT)
        return value


class BoundViewer(ViewerIds):
    """The viewer of a statement, of whom only that is bound which a resolver asks for."""

    __slots__ = ("builder",)

    def __init__(self, builder: StatementBuilder) -> None:
        self.builder, self.view = builder, builder.audience

    def __getattr__(self, name: str) -> Expression:  # of an attribute that is not set yet
        builder = self.builder
        if name == "language":
            found = builder.language()
        elif name == "audience":
            found = builder.bind(lambda inputs: inputs.viewer.audience.value, TEXT)
        else:
            found = builder.bind(_viewers(name), UUIDS)
        setattr(self, name, found)
        return found


def nothing(many: bool) -> Expression:
    """The JSON of a field without rows in this view: an empty list, or null."""
    return EMPTY_LIST if many else NULL


def _viewers(name: str) -> Callable[[PlanInputs], Any]:
    return lambda inputs: getattr(inputs.viewer, name)
