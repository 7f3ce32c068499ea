"""The only place for keyset connections: edges, nodes, cursors and page information, forwards and backwards."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_named_type
from sqlalchemy import Text, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.rows import Expression, Row
from planner.arguments import cursor_reader, is_given, refused
from planner.declare import PAGE_SIZE
from planner.expressions import EMPTY_LIST, Named, as_list, as_object, integer, labelled, typename
from planner.tables import Ordered

if TYPE_CHECKING:
    from planner.compose import Composer

Labels = list[tuple[str, Expression]]


@dataclass(frozen=True)
class Asked:
    """Which page: its size, its direction, and whether rows lie on the side it was asked from."""

    size: int
    backward: bool
    beyond: bool  # a cursor was given


def page(
    composer: "Composer", kind: GraphQLObjectType, declared: GraphQLField, nodes: list[FieldNode], rows: Ordered
) -> Expression:
    """A connection's JSON: `nodes` alone is a plain list; all else is one aggregate over the page."""
    if len(set(rows.descends)) != 1:
        raise TypeError(f"{kind.name}.{nodes[0].name.value}: a page is ordered in one direction")
    asked = _asked(composer, declared, nodes[0])
    tag = f"{zlib.crc32(f'{kind.name}.{nodes[0].name.value}'.encode()):08x}"
    if asked.beyond:
        rows = _beyond(composer, declared, nodes[0], rows, tag, asked.backward)
    connection = cast(GraphQLObjectType, get_named_type(declared.type))
    selected = composer.selections.fields(connection, nodes)
    if not asked.backward and all(each[0].name.value == "nodes" for each in selected.values()):
        return as_object(select(*labelled(_lists(composer, connection, selected, rows, asked.size))))
    page = Page(composer, rows.turned() if asked.backward else rows, tag, asked)
    return page.connection(connection, selected)


def _asked(composer: "Composer", declared: GraphQLField, node: FieldNode) -> Asked:
    given = {name for name in ("after", "before") if name in declared.args}
    given = {name for name in given if is_given(node, declared, name, composer.coerced)}
    sizes = {name: composer.size(node, declared, name) for name in ("first", "last") if name in declared.args}
    forward, backward = sizes.get("first") or "after" in given, sizes.get("last") or "before" in given
    if forward and backward:
        raise refused("Use either 'first' and 'after', or 'last' and 'before'.", node)
    size = sizes.get("last") if backward else sizes.get("first")
    return Asked(size or PAGE_SIZE, bool(backward), bool(given))


def _beyond(
    composer: "Composer", declared: GraphQLField, node: FieldNode, rows: Ordered, tag: str, backward: bool
) -> Ordered:
    """Only the rows past the cursor, by comparing whole keys, so that an index serves."""
    readers = cursor_reader(node, declared, "before" if backward else "after", tag, rows.keys)
    binds = [composer.bind(reader, key.type) for reader, key in zip(readers, rows.keys, strict=True)]
    here, there = (tuple_(*rows.keys), tuple_(*binds)) if len(binds) > 1 else (rows.keys[0], binds[0])
    return rows.where(here < there if rows.descends[0] is not backward else here > there)


def _lists(
    composer: "Composer", connection: GraphQLObjectType, selected: dict[str, list[FieldNode]], rows: Ordered, size: int
) -> Labels:
    kind = get_named_type(connection.fields["nodes"].type)
    return [
        (key, as_list(rows.select(composer.labels(kind, rows.row, nodes)).limit(integer(size))))
        for key, nodes in selected.items()
    ]


class Page(Mapping[str, Expression]):
    """The rows of one page as the levels above see them: a mapping of columns that selects those that are named.

    Three levels: the page itself, one row more than asked for; its aggregates, as an aggregate may not
    stand in a subselect of its own level; and the connection's keys.
    """

    def __init__(self, composer: "Composer", rows: Ordered, tag: str, asked: Asked) -> None:
        self.composer, self.rows, self.tag, self.asked = composer, rows, tag, asked
        self.name = f"page_{next(composer.numbers)}"
        self.row = Row(self, None, rows.row.table_)
        self.used: dict[str, Expression] = {}
        self.sums: dict[str, Expression] = {"_count": func.count()}
        self.number = self.use("_n", func.row_number().over(order_by=list(rows.order)))
        self.inside = self.number <= integer(asked.size)

    def __getitem__(self, name: str) -> Expression:
        return self.use(name, self.rows.row.columns_[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows.row.columns_)

    def __len__(self) -> int:
        return len(self.rows.row.columns_)

    def use(self, name: str, expression: Expression) -> Expression:
        """A column of the page, selected once."""
        self.used.setdefault(name, expression)
        return Named(self.name, name, expression.type)

    def sum(self, name: str, expression: Expression) -> Expression:
        """An aggregate over the page, computed once."""
        self.sums.setdefault(name, expression)
        return Named(f"{self.name}_sums", name, expression.type)

    def connection(self, kind: GraphQLObjectType, selected: dict[str, list[FieldNode]]) -> Expression:
        found: Labels = []
        for key, nodes in selected.items():
            name = nodes[0].name.value
            if name == "__typename":
                found.append((key, typename(kind)))
                continue
            inner = get_named_type(kind.fields[name].type)
            if name == "pageInfo":
                found.append((key, self.information(inner, nodes)))
            else:
                columns = self.composer.labels(inner, self.row, nodes) if name == "nodes" else self.edge(inner, nodes)
                found.append((key, self.listed(as_object(select(*columns)))))
        columns = labelled(list(self.used.items()))
        page = self.rows.select(columns).limit(integer(self.asked.size + 1)).subquery(self.name)
        sums = select(*labelled(list(self.sums.items()))).select_from(page).subquery(f"{self.name}_sums")
        return as_object(select(*labelled(found)).select_from(sums))

    def listed(self, item: Expression) -> Expression:
        # Every aggregate says its own order: PostgreSQL sorts the input for one, and a neighbour without would follow.
        items = func.json_agg(aggregate_order_by(item, self.number.desc() if self.asked.backward else self.number))
        return self.sum(f"_{len(self.sums)}", func.coalesce(items.filter(self.inside), EMPTY_LIST))

    def edge(self, kind: Any, nodes: list[FieldNode]) -> list[Expression]:
        found: Labels = []
        for key, asked in self.composer.selections.fields(kind, nodes).items():
            name = asked[0].name.value
            if name == "__typename":
                found.append((key, typename(kind)))
            elif name == "cursor":
                found.append((key, self.cursor()))
            else:
                node = get_named_type(kind.fields[name].type)
                found.append((key, as_object(select(*self.composer.labels(node, self.row, asked)))))
        return labelled(found)

    def information(self, kind: Any, nodes: list[FieldNode]) -> Expression:
        more = self.sum("_count", func.count()) > integer(self.asked.size)
        # A page that began at a cursor has rows behind it.
        behind: Expression = literal_column("true" if self.asked.beyond else "false")
        backward, number = self.asked.backward, self.number
        values: dict[str, Callable[[], Expression]] = {
            "__typename": partial(typename, kind),
            "hasNextPage": lambda: behind if backward else more,
            "hasPreviousPage": lambda: more if backward else behind,
            "startCursor": lambda: self.end("_start", number.desc() if backward else number),
            "endCursor": lambda: self.end("_end", number if backward else number.desc()),
        }
        asked = self.composer.selections.fields(kind, nodes)
        return as_object(select(*labelled([(key, values[each[0].name.value]()) for key, each in asked.items()])))

    def end(self, name: str, order: Expression) -> Expression:
        cursors = func.array_agg(aggregate_order_by(self.cursor(), order)).filter(self.inside)
        return self.sum(name, cursors[1])

    def cursor(self) -> Expression:
        keys = func.json_build_array(literal_column(f"'{self.tag}'", Text()), *self.rows.keys).cast(Text())
        encoded = func.encode(func.convert_to(keys, "UTF8"), "base64")
        # encode() breaks its lines at 76 characters.
        return self.use("_cursor", func.translate(encoded, "\n", "", type_=Text()))
