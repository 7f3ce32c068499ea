"""SELECTs of the planner's own. SQLAlchemy's would be copied for their columns, their order and their LIMIT each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ClauseElement, ColumnElement, Select
from sqlalchemy.sql.operators import asc_op, desc_op

from models.rows import Expression


class Ordering(ColumnElement[Any]):
    """A key of an order, with its direction."""

    inherit_cache = False

    def __init__(self, by: Expression, descends: bool) -> None:
        self.by, self.descends, self.type = by, descends, by.type

    def _compiler_dispatch(self, visitor: Any, **kw: Any) -> str:
        operator, word = (desc_op, "DESC") if self.descends else (asc_op, "ASC")
        return f"{self.by.self_group(operator)._compiler_dispatch(visitor, **kw)} {word}"


class Selected(ClauseElement):
    """Columns of the rows of a SELECT, of which only what it is from and its conditions count, or of one in FROM."""

    __visit_name__ = "selected"
    inherit_cache = False

    def __init__(
        self,
        columns: Sequence[Expression],
        source: "Select[Any] | Derived | ForEachValue",
        order: Sequence[Expression] = (),
        limit: Expression | None = None,
    ) -> None:
        self.columns, self.source, self.order, self.limit = columns, source, order, limit

    def of(self, columns: Sequence[Expression]) -> "Selected":
        """Other columns of the same rows."""
        return Selected(columns, self.source, self.order, self.limit)

    def as_select(self) -> Select[Any]:
        """The same as SQLAlchemy's, of a SELECT that is not simple."""
        assert isinstance(self.source, Select)
        rows = self.source.with_only_columns(*self.columns, maintain_column_froms=True)
        return rows.order_by(None).order_by(*self.order).limit(self.limit)


class Derived(ClauseElement):
    """A SELECT in FROM. To its columns, a NamedColumn refers by its name."""

    inherit_cache = False

    def __init__(self, rows: "Selected | Union", name: str) -> None:
        self.rows, self.name = rows, name

    def _compiler_dispatch(self, visitor: Any, **kw: Any) -> str:
        return f"({self.rows._compiler_dispatch(visitor, **kw | {'asfrom': True})}) AS {self.name}"


class ForEachValue(ClauseElement):
    """A SELECT in FROM for each of a table of values, which it names."""

    inherit_cache = False

    def __init__(self, values: ClauseElement, rows: Derived) -> None:
        self.values, self.rows = values, rows

    def _compiler_dispatch(self, visitor: Any, **kw: Any) -> str:
        rows = self.rows._compiler_dispatch(visitor, lateral=True)
        return f"{self.values._compiler_dispatch(visitor, **kw)} JOIN LATERAL {rows} ON true"


class Union(ClauseElement):
    """The rows of all these SELECTs."""

    inherit_cache = False

    def __init__(self, parts: Sequence[Selected]) -> None:
        self.parts = parts

    def _compiler_dispatch(self, visitor: Any, **kw: Any) -> str:
        return " UNION ALL ".join([part._compiler_dispatch(visitor, **kw) for part in self.parts])


class ValueOf(ColumnElement[Any]):
    """The value that a SELECT of one column finds."""

    inherit_cache = False

    def __init__(self, rows: Selected) -> None:
        self.rows, self.type = rows, rows.columns[0].type

    def _compiler_dispatch(self, visitor: Any, **kw: Any) -> str:
        return f"({self.rows._compiler_dispatch(visitor)})"
