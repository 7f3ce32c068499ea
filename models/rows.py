"""The only place for what resolvers are written with: rows as expressions, bound values, and what Python computes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy
from sqlalchemy import ColumnElement, FromClause, Select, Table
from sqlmodel import SQLModel

from models.viewers import Audience

T = TypeVar("T")

Rows = Select[Any]  # what a reading resolver returns for an object, a list or a page
Expression = ColumnElement[Any]


class Value(ColumnElement[T], Generic[T]):
    """An argument of a field that is bound: it changes no statement's shape. Only ever an annotation."""

    inherit_cache = False


class Row:
    """A row whose attributes are its columns, as expressions; a misspelt one raises AttributeError."""

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
            raise TypeError("a row that was given stands in no FROM: select from a row of your own")
        return self.source_


class Asking:
    """The viewer's ids as expressions, for a resolver that names a parameter `viewer`: null where it has none.

    `view` is no expression: it is whose statement is in the making, where a role has no right on what another's names.
    """

    __slots__ = ("account", "audience", "member", "organization", "session", "staff", "view")

    account: Expression
    audience: Expression
    member: Expression
    organization: Expression
    session: Expression
    staff: Expression
    view: Audience


@dataclass(frozen=True)
class Branches:
    """Rows of several tables as one interface or union; `order` by position of the expressions each is ordered by."""

    selects: tuple[Rows, ...]


class Finished:
    """What the dataclasses descend from that a computed field answers with: each attribute is a field of its type."""


class Unanswerable(Exception):
    """A computed field cannot be answered as it is asked for; the text says why, and repeats nothing that was sent."""


def row(table: type[SQLModel]) -> Row:
    """A fresh row of a table: two calls never mean the same one, so nothing is correlated by accident."""
    base: Table = table.__table__  # type: ignore[attr-defined]
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
    """Within it, rows are used again that another statement had: making them is a fifth of planning."""
    token = _taken.set({})
    try:
        yield
    finally:
        _taken.reset(token)


def _row(base: Table) -> Row:
    source = base.alias()
    return Row(dict(source.c.items()), source, base)


_rows: dict[Table, list[Row]] = {}
_taken: ContextVar[dict[Table, int] | None] = ContextVar("rows taken by the statement in the making", default=None)


def select(*what: Row | Expression) -> Rows:
    """SELECT, with rows and expressions alike."""
    return sqlalchemy.select(*what)
