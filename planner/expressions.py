"""SQL expressions that build JSON, and what they are made of. `planner.compiling` writes them."""

from collections.abc import Sequence
from typing import Any, cast

from graphql import GraphQLObjectType
from sqlalchemy import BindParameter, ColumnElement, Select, Text, literal_column, select
from sqlalchemy.types import JSON as SqlJson
from sqlalchemy.types import TypeEngine

from models.rows import Expression
from planner.selects import Selected, ValueOf

JSON = SqlJson()  # SQLAlchemy prepares each type that it meets
TEXT = Text()
EMPTY_OBJECT = literal_column("'{}'::json", JSON)
ARRAY_OF_VALUES = "coalesce(json_agg(o$.v), '[]'::json)"  # the template of a JSON array of the values of a column `v`
EMPTY_LIST = literal_column("'[]'::json", JSON)


class OuterExpression(ColumnElement[Any]):
    """An expression of an enclosing level. It carries no FROM, so SQLAlchemy does not guess a correlation."""

    __visit_name__ = "outer_expression"
    inherit_cache = False

    def __init__(self, inner: Expression) -> None:
        self.inner = inner
        self.type: TypeEngine[Any] = inner.type


class NamedColumn(ColumnElement[Any]):
    """A column of an enclosing level, referred to by name."""

    inherit_cache = False

    def __init__(self, source: str, name: str, kind: TypeEngine[Any]) -> None:
        self.source, self.name, self.type = source, name, kind

    def _compiler_dispatch(self, visitor: Any, **kw: Any) -> str:
        return f"{self.source}.{visitor.quoted[self.name]}"


class OuterColumn(ColumnElement[Any]):
    """A column of a table or subquery of an enclosing level, as OuterExpression.

    SQLAlchemy would copy all columns of a subquery to name one of them.
    """

    inherit_cache = False

    def __init__(self, source: Any, name: str, kind: TypeEngine[Any]) -> None:
        self.source, self.name, self.type = source, name, kind

    def _compiler_dispatch(self, visitor: Any, **kw: Any) -> str:
        return f"{visitor.source_name(self.source)}.{visitor.quoted[self.name]}"


class NamedExpressions(ColumnElement[Any]):
    """All columns of a SELECT, named by their keys.

    Nothing refers to them through SQLAlchemy, which would analyse each label for its name and its FROM, twice.
    """

    __visit_name__ = "named_expressions"
    inherit_cache = False
    _render_label_in_columns_clause = False  # so that SQLAlchemy makes no name for all of them together
    _proxy_key = "columns"

    def __init__(self, columns: Sequence[tuple[str, Expression]]) -> None:
        self.columns = columns


def typename(kind: GraphQLObjectType) -> Expression:
    return literal_column(f"'{kind.name}'", TEXT)


def integer(number: int) -> Expression:
    """A checked number as a literal: with a LIMIT as a parameter, PostgreSQL would never reuse a generic plan."""
    return literal_column(str(int(number)))


class Json(ColumnElement[Any]):
    """A SELECT as JSON; `template` is the expression over its rows `o$`, which no column can be called.

    Columns are called as the fields of the response, and a column takes precedence over rows of the same name. Where
    the rows are only NamedExpressions, they are one row without a FROM.
    """

    __visit_name__ = "json_of_rows"
    inherit_cache = False

    def __init__(self, template: str, rows: Selected | Select[Any] | NamedExpressions) -> None:
        self.template, self.rows = template, rows
        self.type = JSON


def object_of(fields: Sequence[tuple[str, Expression]]) -> Expression:
    """A JSON object of these expressions."""
    if not fields:  # everything is skipped
        return select(EMPTY_OBJECT).scalar_subquery()
    return Json("row_to_json(o$)", NamedExpressions(fields))


def as_object(rows: Selected) -> Expression:
    """At most one row as a JSON object with its columns as keys, or null."""
    if not rows.columns:  # everything is skipped
        return ValueOf(rows.of([EMPTY_OBJECT]))
    return Json("row_to_json(o$)", rows)


def as_list(rows: Selected) -> Expression:
    """Rows in their order as a JSON array of objects with the columns as keys."""
    if not rows.columns:
        return Json(ARRAY_OF_VALUES, rows.of(labelled([("v", EMPTY_OBJECT)])))
    return Json("coalesce(json_agg(o$), '[]'::json)", rows)


def as_values(rows: Select[Any]) -> Expression:
    """Rows of one column, in their order, as a JSON array of its values."""
    value = labelled([("v", cast(Expression, rows._raw_columns[0]))])
    return Json(ARRAY_OF_VALUES, rows.with_only_columns(*value, maintain_column_froms=True))


def limited(rows: Select[Any]) -> Select[Any]:
    """The same rows with the resolver's LIMIT as a literal."""
    clause = rows._limit_clause
    if isinstance(clause, BindParameter) and isinstance(clause.value, int):
        return rows.limit(integer(clause.value))
    return rows


def labelled(expressions: Sequence[tuple[str, Expression]]) -> list[Expression]:
    """The expressions as the columns of a SELECT, named by their keys."""
    return [NamedExpressions(expressions)] if expressions else []
