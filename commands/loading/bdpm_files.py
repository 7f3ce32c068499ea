"""Reads the files of the French public medicines database (base de données publique des médicaments), line by line.

A file has a line for each row, columns between tabs and no header. Quotes mean nothing. Their encoding is Windows-1252;
some are published in UTF-8. Known irregularities: doubled tabs, tabs at the end, spaces around cells, empty lines.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from commands.loading.entries import LineFault, NotLoaded
from commands.loading.files import read_text
from resolvers.texts import CONTROL, one_line

CODE = r"\d{8}"
DAY = r"(\d\d/\d\d/\d{4})?"
DOUBLED_MOST = 3  # doubled tabs in one line


@dataclass(frozen=True)
class DataFile:
    """A file's name, its columns that are read or tell lines apart, and the patterns of those that have one."""

    name: str
    columns: tuple[str, ...]
    patterns: Mapping[str, str]
    optional: bool = False


MEDICINES = DataFile(
    "CIS_bdpm.txt",
    ("CIS code", "name", "form", "routes", "authorization", "procedure", "marketing", "authorized on", "alert",
     "European number", "holders", "monitored"),
    {"CIS code": CODE, "name": r".*[^\W_].*", "authorization": "(?i).*(autorisation|enregistrement).*",
     "marketing": "(?i).*commercialis.*", "authorized on": DAY, "monitored": "(?i)oui|non"},
)  # fmt: skip
SUBSTANCES = DataFile(
    "CIS_COMPO_bdpm.txt",
    ("CIS code", "element", "substance code", "substance", "dose", "reference", "nature", "link"),
    {"CIS code": CODE, "substance code": r"\d+", "substance": ".+", "nature": "SA|FT|ST", "link": r"\d+"},
)
PRESENTATIONS = DataFile(
    "CIS_CIP_bdpm.txt",
    ("CIS code", "CIP7 code", "label", "status", "marketing", "declared on", "CIP13 code"),
    {"CIS code": CODE, "CIP7 code": r"\d{7}", "marketing": ".+", "declared on": DAY, "CIP13 code": r"(\d{13})?"},
    optional=True,
)
ATC_CODES = DataFile(
    "CIS_MITM.txt", ("CIS code", "ATC code"), {"CIS code": CODE, "ATC code": "[A-Z][0-9A-Z]*"}, optional=True
)


@dataclass(frozen=True)
class FileLine:
    """A line's cells by column; at fault, without cells, and with the code that it begins with."""

    number: int
    cells: Mapping[str, str]
    code: str | None
    fault: LineFault | None = None


def lines_of(folder: Path, file: DataFile) -> Iterator[FileLine]:
    """The lines of a file that is there. Raises NotLoaded if it is another file, or ends in the middle of a line."""
    text = read_text(folder / file.name, "utf-8-sig", "cp1252", "latin-1")
    if "Ã©" in text:  # é in UTF-8, read as Windows-1252
        raise NotLoaded(f"{file.name} is neither whole UTF-8 nor Windows-1252: download it again.")
    lines = text.split("\n")
    if not re.match(rf"\W*{CODE}\s", next(line for line in lines if line.strip())):
        raise NotLoaded(f"{file.name} is not this file of the database: its first line has no CIS code.")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        cells = aligned(line, file)
        if isinstance(cells, Mapping):
            yield FileLine(number, cells, cells["CIS code"])
        elif number == len(lines):  # nothing ends this line
            raise NotLoaded(f"{file.name} ends in the middle of a line: download it again.")
        else:
            place = file.columns.index(cells) + 1
            fault = LineFault(file.name, number, f"column {place} ({cells})", "missing, or not of the file's format")
            begins = re.match(rf"\W*({CODE})\b", line)
            yield FileLine(number, {}, begins[1] if begins else None, fault)


def aligned(line: str, file: DataFile) -> Mapping[str, str] | str:
    """A line's cells by column, without the empty ones that doubled tabs make; or the first column at fault."""
    cells = [clean(cell) for cell in line.split("\t")]
    empty = [place for place, cell in enumerate(cells) if not cell]
    for doubled in range(DOUBLED_MOST + 1):
        for places in combinations(empty, doubled):
            row = by_column([cell for place, cell in enumerate(cells) if place not in places], file)
            if mismatch(row, file) is None:
                return row
    return mismatch(by_column(cells, file), file) or file.columns[0]


def by_column(cells: list[str], file: DataFile) -> dict[str, str]:
    return dict(zip(file.columns, cells, strict=False))


def mismatch(row: Mapping[str, str], file: DataFile) -> str | None:
    """The first column that is missing or does not match its pattern."""
    for column in file.columns:
        if column not in row or re.fullmatch(file.patterns.get(column, ".*"), row[column]) is None:
            return column
    return None


def clean(cell: str) -> str:
    """A cell without quotes around it, invisible characters and repeated spaces."""
    text = one_line(" ".join(CONTROL.sub("", cell).split()))
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('""', '"').strip()
    return text
