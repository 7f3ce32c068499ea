"""Builds the SQL of keyset connections: edges, nodes, cursors and page information, forwards and backwards."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_named_type
from sqlalchemy import Text, func, literal_column
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql import visitors

from models.rows import Expression, Row, TextInLanguage
from planner.arguments import bad_user_input, is_given
from planner.cursors import ListCheck, ListTag, cursor_reader, is_of_list, plain_cursor
from planner.declared import PAGE_SIZE
from planner.expressions import EMPTY_LIST, NamedColumn, as_list, as_object, integer, labelled, object_of, typename
from planner.member_reads import KEY, told
from planner.nodes import id_of
from planner.parts import MergedParts
from planner.selects import Derived, Selected
from planner.tables import Ordered

if TYPE_CHECKING:
    from planner.compose import StatementBuilder

PageRows = Ordered | MergedParts
Labels = list[tuple[str, Expression]]


@dataclass(frozen=True)
class PageRequest:
    """The requested page: its size, its direction, and whether it begins at a cursor."""

    size: int
    backward: bool
    from_cursor: bool


def page(
    builder: "StatementBuilder", kind: GraphQLObjectType, declared: GraphQLField, nodes: list[FieldNode], rows: PageRows
) -> Expression:
    """A connection's JSON. `nodes` alone is a plain list; anything else aggregates over the page once.

    Raises GraphQLError for invalid paging arguments, TypeError if the rows' order mixes directions.
    """
    if len(set(rows.descends)) != 1:
        raise TypeError(f"{kind.name}.{nodes[0].name.value}: a page must be ordered in one direction")
    request = _page_request(builder, declared, nodes[0])
    language = builder.language() if _depends_on_language(rows) else None
    tag = builder.cursors.tag(f"{kind.name}.{nodes[0].name.value}", _parent_id(builder, kind), language)
    if request.from_cursor:
        rows = _past_cursor(builder, declared, nodes[0], rows, tag, request.backward)
    connection = cast(GraphQLObjectType, get_named_type(declared.type))
    selected = builder.selections.fields(connection, nodes)
    if not request.backward and all(each[0].name.value == "nodes" for each in selected.values()):
        return object_of(_lists(builder, connection, selected, rows, request.size))
    page = Page(builder, rows.turned() if request.backward else rows, tag, request)
    return page.connection(connection, selected)


def _page_request(builder: "StatementBuilder", declared: GraphQLField, node: FieldNode) -> PageRequest:
    given = {name for name in ("after", "before") if name in declared.args}
    given = {name for name in given if is_given(node, declared, name, builder.variables)}
    sizes = {name: builder.size(node, declared, name) for name in ("first", "last") if name in declared.args}
    forward, backward = sizes.get("first") or "after" in given, sizes.get("last") or "before" in given
    if forward and backward:
        raise bad_user_input("Use 'first' and 'after', or 'last' and 'before', but not both pairs.", node)
    size = sizes.get("last") if backward else sizes.get("first")
    return PageRequest(size or PAGE_SIZE, bool(backward), bool(given))


def _parent_id(builder: "StatementBuilder", kind: GraphQLObjectType) -> Expression | None:
    """The id of the object that the list is read of; None for a list of a root type."""
    key = builder.tables.keys.get(kind.name)
    return None if key is None or builder.above is None else id_of(builder.above, key)


def _depends_on_language(rows: PageRows) -> bool:
    """Whether rows are in another order in each language, such as by their translated names."""
    lists = [rows] if isinstance(rows, Ordered) else [part.rows for part in rows.parts]
    keys = (key for each in lists for key in each.inner_keys)
    return any(isinstance(part, TextInLanguage) for key in keys for part in visitors.iterate(key))


def _past_cursor(
    builder: "StatementBuilder", declared: GraphQLField, node: FieldNode, rows: PageRows, tag: ListTag, backward: bool
) -> PageRows:
    """The rows past the cursor."""
    check = ListCheck(node, "before" if backward else "after")
    given, *readers = cursor_reader(builder.cursors, check, declared, tag, rows.keys)
    binds = [builder.bind(reader, key.type) for reader, key in zip(readers, rows.keys, strict=True)]
    found = rows.past(binds, backward)
    if tag.parent is None:
        return found
    builder.checks.append(check)
    return found.where(is_of_list(builder.bind(given, Text()), tag, len(builder.checks) - 1))


def _lists(
    builder: "StatementBuilder",
    connection: GraphQLObjectType,
    selected: dict[str, list[FieldNode]],
    rows: PageRows,
    size: int,
) -> Labels:
    kind = get_named_type(connection.fields["nodes"].type)
    return [(key, as_list(rows.first(builder.labels(kind, rows.row, nodes), size))) for key, nodes in selected.items()]


class Page(Mapping[str, Expression]):
    """The rows of one page, as the columns of the row that resolvers of its nodes take.

    Reading one, as in `row.title`, adds it to the columns that the page selects, so the page has those that are used.
    The SQL has three levels: the page, with one row more than requested; its aggregates, since an aggregate may not be
    in a subselect of its own level; and the connection's keys.
    """

    def __init__(self, builder: "StatementBuilder", rows: PageRows, tag: ListTag, request: PageRequest) -> None:
        self.builder, self.rows, self.tag, self.request = builder, rows, tag, request
        self.name = f"page_{next(builder.numbers)}"
        self.row = Row(self, None, rows.row.table_)
        self.used: dict[str, Expression] = {}
        self.sums: dict[str, Expression] = {"_count": func.count()}
        self.number = self.use("_n", func.row_number().over(order_by=list(rows.order)))
        self.inside = self.number <= integer(request.size)

    def __getitem__(self, name: str) -> Expression:
        return self.use(name, self.rows.row.columns_[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows.row.columns_)

    def __len__(self) -> int:
        return len(self.rows.row.columns_)

    def use(self, name: str, expression: Expression) -> Expression:
        """Adds a column to the page, once, and returns a reference to it."""
        self.used.setdefault(name, expression)
        return NamedColumn(self.name, name, expression.type)

    def sum(self, name: str, expression: Expression) -> Expression:
        """Adds an aggregate over the page, once, and returns a reference to it."""
        self.sums.setdefault(name, expression)
        return NamedColumn(f"{self.name}_sums", name, expression.type)

    def connection(self, kind: GraphQLObjectType, selected: dict[str, list[FieldNode]]) -> Expression:
        """The connection's JSON. Its fields come first: they determine the columns and aggregates of the page."""
        found: Labels = []
        # A cursor stands for a member, too.
        about = told(self.builder, get_named_type(kind.fields["nodes"].type), self.row)
        if about is not None:
            found.append((KEY, self.sum("_told", func.string_agg(about, " ").filter(self.inside))))
        for key, nodes in selected.items():
            name = nodes[0].name.value
            if name == "__typename":
                found.append((key, typename(kind)))
                continue
            inner = get_named_type(kind.fields[name].type)
            if name == "pageInfo":
                found.append((key, self.information(inner, nodes)))
            else:
                item = self.builder.object(inner, self.row, nodes) if name == "nodes" else self.edge(inner, nodes)
                found.append((key, self.listed(item)))
        columns = labelled(list(self.used.items()))
        page = Derived(self.rows.first(columns, self.request.size + 1), self.name)
        sums = Derived(Selected(labelled(list(self.sums.items())), page), f"{self.name}_sums")
        return as_object(Selected(labelled(found), sums))

    def listed(self, item: Expression) -> Expression:
        """A list of the page's items, as an aggregate."""
        # Each aggregate needs its own ORDER BY: PostgreSQL may sort the input for one of them, and the others follow.
        items = func.json_agg(aggregate_order_by(item, self.number.desc() if self.request.backward else self.number))
        return self.sum(f"_{len(self.sums)}", func.coalesce(items.filter(self.inside), EMPTY_LIST))

    def edge(self, kind: Any, nodes: list[FieldNode]) -> Expression:
        """An edge: its cursor and its node."""
        found: Labels = []
        for key, inner in self.builder.selections.fields(kind, nodes).items():
            name = inner[0].name.value
            if name == "__typename":
                found.append((key, typename(kind)))
            elif name == "cursor":
                found.append((key, self.cursor()))
            else:
                node = get_named_type(kind.fields[name].type)
                found.append((key, self.builder.object(node, self.row, inner)))
        return object_of(found)

    def information(self, kind: Any, nodes: list[FieldNode]) -> Expression:
        """The connection's `pageInfo`."""
        more = self.sum("_count", func.count()) > integer(self.request.size)
        # A page that begins at a cursor has rows on the other side of it.
        behind: Expression = literal_column("true" if self.request.from_cursor else "false")
        backward, number = self.request.backward, self.number
        values: dict[str, Callable[[], Expression]] = {
            "__typename": partial(typename, kind),
            "hasNextPage": lambda: behind if backward else more,
            "hasPreviousPage": lambda: more if backward else behind,
            "startCursor": lambda: self.end("_start", number.desc() if backward else number),
            "endCursor": lambda: self.end("_end", number if backward else number.desc()),
        }
        selected = self.builder.selections.fields(kind, nodes)
        return object_of([(key, values[each[0].name.value]()) for key, each in selected.items()])

    def end(self, name: str, order: Expression) -> Expression:
        """The cursor of the first item in this order; null for an empty page."""
        cursors = func.array_agg(aggregate_order_by(self.cursor(), order)).filter(self.inside)
        return self.sum(name, cursors[1])

    def cursor(self) -> Expression:
        """A row's cursor."""
        self.builder.paged = True
        return self.use("_cursor", plain_cursor(self.tag, self.rows.keys))
