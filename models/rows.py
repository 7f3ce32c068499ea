"""Building blocks of resolvers: rows as SQL expressions, bound values, and results that Python computes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

import sqlalchemy
from sqlalchemy import Column, ColumnElement, FromClause, MetaData, Select, Table, Text, literal_column
from sqlmodel import SQLModel

from models.viewers import Audience

T = TypeVar("T")

# Tables of members' rows with a view of the viewer's own.
WITH_OWN_VIEW = frozenset({"care.profile", "care.observation", "care.course", "care.evaluation"})
VIEW_OF = "view of"  # key of a view's `info`: its table

Rows = Select[Any]  # the return type of a reading resolver for an object, a list or a page
Expression = ColumnElement[Any]


class Value(ColumnElement[T], Generic[T]):
    """Annotates a resolver's argument as a bound value, which does not change the statement's shape."""

    inherit_cache = False


class Row:
    """A row whose attributes are its columns as expressions. Raises AttributeError for a column it does not have."""

    __slots__ = ("columns_", "source_", "table_")

    def __init__(self, columns: Mapping[str, Expression], source: FromClause | None, table: Table | None) -> None:
        self.columns_ = columns
        self.source_ = source
        self.table_ = table

    def __getattr__(self, name: str) -> Expression:
        try:
            return self.columns_[name]
        except KeyError:
            whose = "this row" if self.table_ is None else self.table_.fullname
            raise AttributeError(f"{whose} has no column {name}") from None

    def __clause_element__(self) -> Any:  # its FROM; Any, since SQLAlchemy's protocol names columns alone
        if self.source_ is None:
            raise TypeError("A row passed to a resolver has no FROM clause: select from a row made by row().")
        return self.source_


class ViewerIds:
    """The viewer's ids as expressions, null if not set, for resolvers with a parameter named `viewer`.

    `language` is the tag of the language in which they read, such as `fr`, and never null. `view` is not an
    expression: it is the audience whose statement is being planned, since roles have different rights.
    """

    __slots__ = ("account", "audience", "language", "member", "organization", "session", "staff", "view")

    account: Expression
    audience: Expression
    language: Expression
    member: Expression
    organization: Expression
    session: Expression
    staff: Expression
    view: Audience


@dataclass(frozen=True)
class Branches:
    """Rows of several tables as one interface or union, ordered by the position of the expressions in each ORDER BY."""

    selects: tuple[Rows, ...]


@dataclass(frozen=True)
class ForEach:
    """Rows for each of a list of values, as a part of `ListParts`: `rows` returns the SELECT for one of them."""

    values: Expression
    rows: Callable[[Expression], Rows]


@dataclass(frozen=True)
class ListParts:
    """Whole rows of one table as several SELECTs in a common order; no row is in two of them.

    A page reads no more rows of each part than it returns. That is for lists of which a policy hides rows: each part is
    one that an index finds without those that are hidden, so that the time of a page does not depend on their number.
    """

    parts: tuple[Rows | ForEach, ...]


class Finished:
    """The base of dataclasses that computed fields return: each attribute is a field of the GraphQL type."""


class Unanswerable(Exception):
    """A computed field cannot be answered as requested; the message says why, without repeating any value sent."""


def row(table: type[SQLModel]) -> Row:
    """A row of a table under an alias of its own, so that no two rows of a statement are correlated by accident.

    Within `one_statement()` every call returns another alias; aliases are reused by other statements. Within
    `own_rows()` it is a row of the table's view with the viewer's own, if there is one.
    """
    base: Table = table.__table__  # type: ignore[attr-defined]
    if _own.get() and base.fullname in WITH_OWN_VIEW:
        base = own_view(base)
    taken = _taken.get()
    if taken is None:
        return _row(base)
    rows, number = _rows.setdefault(base, []), taken.get(base, 0)
    taken[base] = number + 1
    if number == len(rows):
        rows.append(_row(base))
    return rows[number]


@contextmanager
def one_statement() -> Iterator[None]:
    """A block in which `row()` reuses the aliases of earlier statements: creating them takes a fifth of planning."""
    token = _taken.set({})
    try:
        yield
    finally:
        _taken.reset(token)


@contextmanager
def own_rows() -> Iterator[None]:
    """A block in which `row()` returns rows of views with the viewer's own rows, of the tables that have one.

    Such a view admits the rows that are the viewer's by the first half of the table's policy. The other half, about
    what others share, costs each statement its start, even if it never runs.
    """
    token = _own.set(True)
    try:
        yield
    finally:
        _own.reset(token)


@lru_cache
def own_view(base: Table) -> Table:
    """The view with the viewer's own rows of a table: models/functions/tracking/viewer_rows.sql."""
    columns = (Column(column.name, column.type) for column in base.columns)
    return Table(f"viewer_{base.name}", MetaData(), *columns, schema=base.schema, info={VIEW_OF: base})


def base_of(table: Table) -> Table:
    """The table whose rows a view has; any other table as it is."""
    found: Table = table.info.get(VIEW_OF, table)
    return found


def _row(table: Table) -> Row:
    source = table.alias()
    return Row(dict(source.c.items()), source, base_of(table))


_rows: dict[Table, list[Row]] = {}
_own: ContextVar[bool] = ContextVar("the statement in the making reads rows of the viewer's own", default=False)
_taken: ContextVar[dict[Table, int] | None] = ContextVar("rows taken by the statement in the making", default=None)


class TextInLanguage(ColumnElement[str]):
    """What `translated` returns. `planner.compiling` writes it.

    SQLAlchemy would build seven objects for it, and write them each time.
    """

    __visit_name__ = "text_in_language"
    inherit_cache = False

    def __init__(self, row: Row, column: str, language: Expression) -> None:
        self.name, self.texts, self.own, self.language = column, row.translations, getattr(row, column), language
        self.type = self.own.type

    @property
    def _from_objects(self) -> list[FromClause]:
        found: list[FromClause] = self.own._from_objects
        return found


def translated(row: Row, column: str, language: Expression) -> Expression:
    """A text of a row in the language with this tag; the column's own text where nobody has translated it."""
    return TextInLanguage(row, column, language)


def word(text: str) -> Expression:
    """A literal of one of our words, never of a value: it is part of the statement's text."""
    return literal_column(f"'{text}'", Text())


def select(*what: Row | Expression | FromClause) -> Rows:
    """A SELECT of rows and expressions."""
    return sqlalchemy.select(*what)
