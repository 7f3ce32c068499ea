"""Builds the SQL of pages that are read from several parts, of each no more rows than the page has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Uuid, func, literal_column
from sqlalchemy.sql.selectable import NamedFromClause

from models.rows import Expression, ForEach, ListParts, Row
from planner.expressions import NamedColumn, integer, labelled
from planner.selects import Derived, ForEachValue, Selected, Union
from planner.tables import Ordered, order_by, ordered


class PartColumns(Mapping[str, Expression]):
    """The columns of the parts together, by which all of them are named; `used` are those that have been read."""

    def __init__(self, name: str, columns: Mapping[str, Expression]) -> None:
        self.name, self.columns = name, columns
        self.used: dict[str, None] = {}

    def __getitem__(self, name: str) -> Expression:
        kind = self.columns[name].type
        self.used.setdefault(name)
        return NamedColumn(self.name, name, kind)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)


@dataclass(frozen=True)
class ListPart:
    """The rows of one part, and what precedes them in its FROM: the list of values that it is read for."""

    rows: Ordered
    values: NamedFromClause | None = None

    def select(self, columns: Sequence[Expression], most: int, name: str) -> Selected:
        """These columns of the first rows of the part, or of the first for each value."""
        found = Derived(self.rows.first(columns, most), name)
        source = found if self.values is None else ForEachValue(self.values, found)
        return Selected([literal_column(f"{name}.*")], source)


@dataclass(frozen=True)
class MergedParts:
    """The rows of several parts in their order. It is to pages what `Ordered` is for rows of one SELECT."""

    name: str
    parts: tuple[ListPart, ...]
    row: Row
    keys: tuple[Expression, ...]
    descends: tuple[bool, ...]
    columns: PartColumns = field(repr=False)

    @property
    def order(self) -> tuple[Expression, ...]:
        """The ORDER BY clauses."""
        return order_by(self.keys, self.descends)

    def past(self, values: Sequence[Expression], backward: bool) -> "MergedParts":
        """The rows past these values of the keys."""
        parts = tuple(replace(part, rows=part.rows.past(values, backward)) for part in self.parts)
        return replace(self, parts=parts)

    def where(self, condition: Expression) -> "MergedParts":
        """The rows for which the condition holds, which names no column of theirs."""
        parts = tuple(replace(part, rows=part.rows.where(condition)) for part in self.parts)
        return replace(self, parts=parts)

    def turned(self) -> "MergedParts":
        """The same rows in reverse order."""
        parts = tuple(replace(part, rows=part.rows.turned()) for part in self.parts)
        return replace(self, parts=parts, descends=tuple(not each for each in self.descends))

    def first(self, columns: Sequence[Expression], most: int) -> Selected:
        """These columns of the first rows."""
        found = []
        for at, part in enumerate(self.parts):
            there: list[tuple[str, Expression]] = [(name, part.rows.row.columns_[name]) for name in self.columns.used]
            there += [(f"_k{number}", key) for number, key in enumerate(part.rows.keys)]
            found.append(part.select(labelled(there), most, f"{self.name}_{at}"))
        return Selected(columns, Derived(Union(found), self.name), self.order, integer(most))


def merged(parts: ListParts, name: str) -> MergedParts:
    """Analyses the parts of a list. Raises TypeError if they are not whole rows of one table in one order."""
    found = tuple(_part(part, f"{name}_{at}") for at, part in enumerate(parts.parts))
    first = found[0].rows
    if first.row.table_ is None or any(
        part.rows.row.table_ is not first.row.table_ or part.rows.descends != first.descends for part in found
    ):
        raise TypeError("the parts of a list must be whole rows of one table in one order")
    columns = PartColumns(name, first.row.columns_)
    keys = tuple(NamedColumn(name, f"_k{at}", key.type) for at, key in enumerate(first.keys))
    return MergedParts(name, found, Row(columns, None, first.row.table_), keys, first.descends, columns)


def _part(part: Any, name: str) -> ListPart:
    if not isinstance(part, ForEach):
        return ListPart(ordered(part))
    values = func.unnest(part.values).table_valued("value").render_derived(f"{name}_each")
    return ListPart(ordered(part.rows(NamedColumn(f"{name}_each", "value", Uuid()))), values)
