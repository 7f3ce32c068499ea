"""The only place for the SQL that JSON is built with: outer columns, objects, lists, cursors, and the compiled text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from graphql import GraphQLObjectType
from sqlalchemy import BindParameter, ColumnElement, Select, Text, literal_column, select
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import JSON, TypeEngine

from models.rows import Expression

Reader = Callable[[Any], Any]  # reads a bound value from a `planner.arguments.Request`

EMPTY_OBJECT = literal_column("'{}'::json", JSON())
EMPTY_LIST = literal_column("'[]'::json", JSON())


class Outer(ColumnElement[Any]):
    """An expression of an enclosing level. It carries no FROM, so nothing is correlated by guess."""

    inherit_cache = False

    def __init__(self, inner: Expression) -> None:
        self.inner = inner
        self.type: TypeEngine[Any] = inner.type


class Named(ColumnElement[Any]):
    """A column of an enclosing level that is known by name alone."""

    inherit_cache = False

    def __init__(self, source: str, name: str, kind: TypeEngine[Any]) -> None:
        self.source, self.name, self.type = source, name, kind


@compiles(Outer)
def _outer(element: Outer, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.inner, **kw)


@compiles(Named)
def _named(element: Named, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{element.source}.{compiler.preparer.quote(element.name)}"


def typename(kind: GraphQLObjectType) -> Expression:
    return literal_column(f"'{kind.name}'", Text())


def integer(number: int) -> Expression:
    """A checked number in the text itself: bound, a LIMIT keeps PostgreSQL planning anew for ever."""
    return literal_column(str(int(number)))


class Json(ColumnElement[Any]):
    """A SELECT as JSON; `shape` says how its rows `o` are put together."""

    inherit_cache = False

    def __init__(self, shape: str, rows: Select[Any]) -> None:
        self.shape, self.rows = shape, rows
        self.type = JSON()


@compiles(Json)
def _json(element: Json, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(SELECT {element.shape} FROM ({compiler.process(element.rows, asfrom=True)}) AS o)"


def as_object(rows: Select[Any]) -> Expression:
    """Rows of at most one, each column a key, as a JSON object or null."""
    if not rows._raw_columns:  # all of it skipped
        return rows.add_columns(EMPTY_OBJECT).scalar_subquery()
    return Json("row_to_json(o)", rows)


def as_list(rows: Select[Any]) -> Expression:
    """Rows, each column a key, as a JSON array in their order."""
    if not rows._raw_columns:
        return as_values(rows.add_columns(EMPTY_OBJECT))
    return Json("coalesce(json_agg(o), '[]'::json)", rows)


def as_values(rows: Select[Any]) -> Expression:
    """Rows of one column as a JSON array of its values, in their order."""
    value = cast(Expression, rows._raw_columns[0]).label("v")
    return Json("coalesce(json_agg(o.v), '[]'::json)", rows.with_only_columns(value, maintain_column_froms=True))


@dataclass(frozen=True)
class Statement:
    """A statement as asyncpg takes it, and for each `$n` where its value is read from."""

    sql: str
    values: tuple[Reader, ...]


class _Compiler(asyncpg.PGCompiler_asyncpg):
    def __init__(self, *args: Any, **kw: Any) -> None:
        self.named: set[str] = set()  # the tables that the statement reads and the functions of our own that it calls
        super().__init__(*args, **kw)

    def visit_table(self, table: Any, *args: Any, **kw: Any) -> Any:
        self.named.add(table.fullname)
        return super().visit_table(table, *args, **kw)  # type: ignore[no-untyped-call]

    def visit_function(self, func: Any, *args: Any, **kw: Any) -> Any:
        if func.packagenames:  # what it reads is not said here
            self.named.add(".".join((*func.packagenames, func.name)))
        return super().visit_function(func, *args, **kw)

    def visit_bindparam(self, bindparam: Any, *args: Any, **kw: Any) -> Any:
        # A member of a closed set stands in the text: a kept plan that does not know which one is asked for would read
        # through all the dismissed flags for the few open ones. It is a name of our code, never what somebody sent.
        if isinstance(bindparam.value, Enum):
            return f"'{bindparam.value.name}'"
        return super().visit_bindparam(bindparam, *args, **kw)  # type: ignore[no-untyped-call]


_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]
_DIALECT.statement_compiler = _Compiler


def compiled(
    body: Expression, bound: dict[str, Reader], setting: str | None, open_tables: frozenset[str] = frozenset()
) -> Statement:
    """The statement for a JSON expression; with a `setting`, the viewer travels in it (last parameter).

    The header is one FROM item and a CASE: joined, it would be in nobody's order, and the policies
    could be asked before the setting exists. A statement that names nothing but `open_tables` goes without: the
    header is a tenth of what a small one costs. Should a policy be asked all the same, it lets nothing through.
    """
    done = select(body.label("o")).compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    assert isinstance(done, _Compiler)
    values = [_reader(done, name, bound) for name in done.positiontup or ()]
    sql = done.string
    if setting is None or done.named <= open_tables:
        return Statement(f"SELECT b.o::text FROM ({sql}) b", tuple(values))
    viewer = f"SELECT set_config('{setting}', ${len(values) + 1}, true) AS id"
    text = (
        f"WITH viewer AS MATERIALIZED ({viewer}) "
        f"SELECT CASE WHEN viewer.id IS NOT NULL THEN ({sql})::text END FROM viewer"
    )
    return Statement(text, (*values, lambda request: request.viewer.scope))


def _reader(done: SQLCompiler, name: str, bound: dict[str, Reader]) -> Reader:
    if name in bound:
        return bound[name]
    constant = done.params[name]
    process = done._bind_processors.get(name)
    value = process(constant) if callable(process) else constant
    return lambda request: value


def limited(rows: Select[Any]) -> Select[Any]:
    """The same rows with a resolver's own LIMIT in the text."""
    clause = rows._limit_clause
    if isinstance(clause, BindParameter) and isinstance(clause.value, int):
        return rows.limit(integer(clause.value))
    return rows


def labelled(expressions: Sequence[tuple[str, Expression]]) -> list[Expression]:
    return [expression.label(key) for key, expression in expressions]
