"""What a source offers for the catalogue: entries of one kind, and the lines at fault."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

CellValue: TypeAlias = str | float | list[str] | None
TODAY = "today"  # as `retired_on`: withdrawn, on a day that the source does not give


WORDS_MOST = 2000  # characters of search words


class NotLoaded(Exception):
    """Nothing is loaded; the text says why in one sentence."""


@dataclass(frozen=True)
class LineFault:
    """What is wrong at one place of a file, without the value that stands there. Lines count from 1."""

    file: str
    line: int
    column: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.column}: {self.text}"


@dataclass(frozen=True)
class SourceRow:
    """One row as a source has it.

    `values` has the columns of the row's table, texts in French as `translations.fr.name`, and the rows that belong to
    a community as lists of ids. What it leaves out stays as it is. `fixed` is set in new rows only. `matches` are
    columns and values by which a row that this source has not loaded yet is recognized, the most certain first.
    """

    code: str
    values: Mapping[str, CellValue]
    fixed: Mapping[str, CellValue] = field(default_factory=dict)
    matches: tuple[tuple[str, str], ...] = ()
    slug: str | None = None  # wanted for a new row; the code is appended if another row has it
    line: int = 0


@dataclass(frozen=True)
class Batch:
    """All entries of one kind from one source.

    Rows loaded earlier whose code is not in `present` are retired. It is None if it is not known what the source has,
    because lines are unreadable: then none are.
    """

    source: str
    kind: str
    entries: list[SourceRow]
    present: frozenset[str] | None
    file: str = ""


def words(*groups: Iterable[str]) -> str:
    """Names as search words, each once; those that no longer fit are left out."""
    found = ""
    for name in dict.fromkeys(name for group in groups for name in group):
        longer = f"{found}, {name}" if found else name
        found = longer if len(longer) <= WORDS_MOST else found
    return found
