"""Tables of figures, as rows and as frames of pandas and polars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas
    import polars

Kind = type[str] | type[int] | type[float] | type[date]
Row = dict[str, Any]


@dataclass(frozen=True)
class Table(Sequence[Row]):
    """Rows with the same columns. A figure that is missing, such as a count that is HIDDEN, is None or null."""

    columns: dict[str, Kind]
    rows: tuple[Row, ...]

    def __getitem__(self, place: Any) -> Any:
        return self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def to_pandas(self) -> pandas.DataFrame:
        """The table for pandas, which is the extra `pandas`. Counts are `Int64`, which has a missing value."""
        import pandas

        types: dict[Kind, Any] = {str: "string", int: "Int64", float: "Float64", date: "datetime64[s]"}
        found = {
            name: pandas.array([row[name] for row in self.rows], dtype=types[kind])
            for name, kind in self.columns.items()
        }
        return pandas.DataFrame(found)

    def to_polars(self) -> polars.DataFrame:
        """The table for polars, which is the extra `polars`."""
        import polars

        types: dict[Kind, Any] = {
            str: polars.String(),
            int: polars.Int64(),
            float: polars.Float64(),
            date: polars.Date(),
        }
        schema = {name: types[kind] for name, kind in self.columns.items()}
        return polars.DataFrame([[row[name] for name in self.columns] for row in self.rows], schema, orient="row")


def names_of(variables: Sequence[str], figures: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """For each variable the names of the columns with its label and its code.

    A variable that has the name of another column gets a name of its own, with `_` after it.
    """
    taken = set(figures)
    names = []
    for variable in variables:
        label = variable
        while {label, f"{label}_code"} & taken:
            label += "_"
        names.append((label, f"{label}_code"))
        taken |= {label, f"{label}_code"}
    return tuple(names)


def columns_of(names: Iterable[tuple[str, str]], figures: Mapping[str, Kind]) -> dict[str, Kind]:
    """All columns with their kinds: the label and the code of each variable, then the figures."""
    return {name: str for pair in names for name in pair} | dict(figures)
