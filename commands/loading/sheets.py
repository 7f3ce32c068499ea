"""Reads CSV files of the catalogue: one kind a file, a header, UTF-8, separated by commas or semicolons.

Every fault is found at once, with its line and column; values are never repeated in what is reported.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from commands.loading.code_forms import fault_of
from commands.loading.entries import Batch, CellValue, LineFault, NotLoaded, SourceRow, words
from commands.loading.files import csv_records, read_text
from commands.loading.references import References
from commands.loading.writing import LISTS, State
from models.community.communities import CommunityStatus
from models.tracking.observations import IndicatorKind, Scale
from models.tracking.treatments import TreatmentKind
from resolvers.catalogue_entries import LAY_NAMES
from resolvers.community.catalogue_communities_mutations import INDICATORS, TREATMENTS
from resolvers.texts import one_line
from resolvers.tracking.own_indicators_mutations import BOUNDS

NAME_MOST, TEXT_MOST = 200, 2000  # characters
LIST = "|"  # between the entries of a cell
STATUSES = (CommunityStatus.DRAFT, CommunityStatus.OPEN)


class Wrong(Exception):
    """A cell's value is not what its column takes; the text says what it must be."""


CellReader = Callable[[str], CellValue]


def line_of_text(most: int) -> CellReader:
    def read(text: str) -> CellValue:
        if len(text) > most:
            raise Wrong(f"must have at most {most:,} characters")
        return text

    return read


def one_of(choices: Sequence[StrEnum]) -> CellReader:
    def read(text: str) -> CellValue:
        if text.upper() not in {choice.value for choice in choices}:
            raise Wrong(f"must be one of {', '.join(choice.value for choice in choices)}")
        return text.upper()

    return read


def code(kind: str) -> CellReader:
    """Reads a code, whose prefix may be left out or, of an HPO term, may not."""

    def read(text: str) -> CellValue:
        value = re.sub(r"(?i)^(orpha|omim|icd10|loinc|cis):\s*", "", text)
        value = value if kind == "key" else value.upper()
        if fault := fault_of(kind, value):
            raise Wrong(fault)
        return value

    return read


def number(text: str) -> CellValue:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Wrong("must be a number")
    return value


def day(text: str) -> CellValue:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Wrong("must be a day, such as 2026-01-31") from None


def several(most: int) -> CellReader:
    def read(text: str) -> CellValue:
        listed = list(dict.fromkeys(item for item in (part.strip() for part in text.split(LIST)) if item))
        if any(len(item) > NAME_MOST for item in listed):
            raise Wrong(f"must have at most {NAME_MOST} characters in each entry")
        if len(listed) > most:
            raise Wrong(f"must have at most {most} entries")
        return listed

    return read


@dataclass(frozen=True)
class SheetColumn:
    """How a cell is read, whether the header and each line must have it, and whether it has several entries."""

    read: CellReader
    required: bool = False
    listed: bool = False


NAME, TEXT = line_of_text(NAME_MOST), line_of_text(TEXT_MOST)
KEY = SheetColumn(code("key"), required=True)
COLUMNS: Mapping[str, Mapping[str, SheetColumn]] = {
    "condition": {
        "key": KEY,
        "name": SheetColumn(NAME, required=True),
        "icd10": SheetColumn(code("icd10")),
        "orpha": SheetColumn(code("orpha")),
        "omim": SheetColumn(code("omim")),
        "hpo": SheetColumn(code("hpo")),
        "name_fr": SheetColumn(NAME),
        "retired_on": SheetColumn(day),
    },
    "indicator": {
        "key": KEY,
        "name": SheetColumn(NAME, required=True),
        "kind": SheetColumn(one_of(list(IndicatorKind)), required=True),
        "scale": SheetColumn(one_of(list(Scale)), required=True),
        "unit": SheetColumn(NAME),
        "minimum": SheetColumn(number),
        "maximum": SheetColumn(number),
        "lay_names": SheetColumn(several(LAY_NAMES), listed=True),
        "words": SheetColumn(TEXT),
        "hpo": SheetColumn(code("hpo")),
        "loinc": SheetColumn(code("loinc")),
        "name_fr": SheetColumn(NAME),
        "unit_fr": SheetColumn(NAME),
        "lay_names_fr": SheetColumn(several(LAY_NAMES), listed=True),
        "retired_on": SheetColumn(day),
    },
    "treatment": {
        "key": KEY,
        "name": SheetColumn(NAME, required=True),
        "kind": SheetColumn(one_of(list(TreatmentKind)), required=True),
        "inn": SheetColumn(NAME),
        "atc": SheetColumn(code("atc")),
        "national_code": SheetColumn(code("national_code")),
        "words": SheetColumn(TEXT),
        "name_fr": SheetColumn(NAME),
        "retired_on": SheetColumn(day),
    },
    "community": {
        "key": KEY,
        "name": SheetColumn(NAME, required=True),
        "description": SheetColumn(TEXT, required=True),
        "condition": SheetColumn(NAME, required=True),
        "status": SheetColumn(one_of(STATUSES), required=True),
        "words": SheetColumn(TEXT),
        "indicators": SheetColumn(several(INDICATORS), listed=True),
        "treatments": SheetColumn(several(TREATMENTS), listed=True),
        "name_fr": SheetColumn(NAME),
        "description_fr": SheetColumn(TEXT),
    },
}
CODES = ("orpha", "omim", "hpo", "national_code")  # by which a row that was not loaded from this list is recognized


@dataclass
class SheetLine:
    """A line's values by column, without those at fault."""

    number: int
    values: dict[str, CellValue]
    faulty: bool = False


class Sheet:
    """The lines of a CSV file. Raises NotLoaded if the file cannot be read or its header does not match."""

    notes: tuple[str, ...] = ()

    def __init__(self, kind: str, path: Path, name: str | None = None) -> None:
        self.kind, self.kinds, self.file = kind, (kind,), path.name
        self.source = f"csv:{name or path.stem}"
        self.columns = COLUMNS[kind]
        self.faults: list[LineFault] = []
        header, records = self.records(read_text(path, "utf-8-sig"))
        self.header = header
        self.lines = [self.line(number, cells) for number, cells in records]
        self.refuse_twice("key", *(code for code in CODES if code in header))
        if kind == "condition":
            self.refuse_twice("name")

    def records(self, text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
        """The header, and the cells of each line that has any, with the line on which they begin."""
        records = csv_records(text, self.file)
        header = [cell.strip().lower() for cell in records[0][1]]
        self.check(header)
        if len(records) == 1:
            raise NotLoaded(f"{self.file} has a header and nothing else.")
        return header, records[1:]

    def check(self, header: list[str]) -> None:
        listed = ", ".join(self.columns)
        if missing := [name for name, column in self.columns.items() if column.required and name not in header]:
            raise NotLoaded(f"{self.file}: the header lacks {', '.join(missing)}. Columns: {listed}.")
        for place, name in enumerate(header, 1):
            if name not in self.columns:
                raise NotLoaded(f"{self.file}: column {place} of the header is not known. Columns: {listed}.")
            if header.index(name) != place - 1:
                raise NotLoaded(f"{self.file}: the header has {name} twice.")

    def line(self, number: int, cells: list[str]) -> SheetLine:
        """A line's values by column; those at fault are noted and left out."""
        line = SheetLine(number, {})
        if len(cells) != len(self.header):
            self.refuse(line, "the whole line", f"{len(cells)} cells, but the header has {len(self.header)}")
            return line
        for name, cell in zip(self.header, cells, strict=True):
            try:
                line.values[name] = self.value(name, cell)
            except Wrong as wrong:
                self.refuse(line, name, str(wrong))
        if self.kind == "indicator":
            self.check_bounds(line)
        return line

    def value(self, name: str, cell: str) -> CellValue:
        text = one_line(" ".join(cell.split())) if name != "description" else unicodedata.normalize("NFC", cell.strip())
        if any(unicodedata.category(character) in ("Cc", "Co", "Cs", "Cn") and character != "\n" for character in text):
            raise Wrong("must not have control characters")
        column = self.columns[name]
        if not text:
            if column.required:
                raise Wrong("must not be empty")
            return [] if column.listed else None
        return column.read(text)

    def check_bounds(self, line: SheetLine) -> None:
        """Fills in the bounds of a scale that has its own, without a unit; those of a quantity must be there."""
        values, scale = line.values, line.values.get("scale")
        if scale in BOUNDS:
            for name in ("unit", "unit_fr"):
                if values.get(name):
                    self.refuse(line, name, f"must be empty for {scale}")
            values["unit"] = None
            for name, bound in zip(("minimum", "maximum"), BOUNDS[Scale(scale)], strict=True):
                if values.get(name) not in (None, bound):
                    self.refuse(line, name, f"must be {bound:g} for {scale}, or empty")
                values[name] = bound
        elif scale == Scale.QUANTITY:
            for name in ("minimum", "maximum"):
                if name not in self.header or (name in values and values[name] is None):
                    self.refuse(line, name, f"must not be empty for {scale}")
            low, high = values.get("minimum"), values.get("maximum")
            if isinstance(low, float) and isinstance(high, float) and low >= high:
                self.refuse(line, "maximum", "must be more than the minimum")

    def refuse(self, line: SheetLine, column: str, text: str) -> None:
        line.faulty = True
        self.faults.append(LineFault(self.file, line.number, column, text))

    def refuse_twice(self, *columns: str) -> None:
        """Notes lines that repeat a value of an earlier line, of columns in which no two may be equal."""
        for name in columns:
            first: dict[str, int] = {}
            for line in self.lines:
                if value := line.values.get(name):
                    earlier = first.setdefault(str(value).casefold(), line.number)
                    if earlier != line.number:
                        self.refuse(line, name, f"is that of line {earlier} too")

    def batches(self, state: State) -> list[Batch]:
        """The lines as entries, once the rows that they name are found. Notes faults."""
        references = References(state)
        entries = [self.entry(line, references, state.today) for line in self.lines]
        keys = [line.values.get("key") for line in self.lines]
        present = None if None in keys else frozenset(map(str, keys))
        found = [entry for entry, line in zip(entries, self.lines, strict=True) if not line.faulty]
        return [Batch(self.source, self.kind, found, present, self.file)]

    def entry(self, line: SheetLine, references: References, today: date) -> SourceRow:
        """The line as an entry. Notes what it names and the catalogue does not have."""
        key = str(line.values.get("key"))
        values: dict[str, CellValue] = {}
        for name, value in line.values.items():
            if name == "condition":
                values["condition_id"] = found = references.find("condition", str(value))
                if found is None:
                    self.refuse(
                        line, name, "no such condition: give the key, the ORPHA or OMIM code, or the name of one"
                    )
            elif name in LISTS and isinstance(value, list):
                ids = [references.find(LISTS[name], item) for item in value]
                for place, id in enumerate(ids, 1):
                    if id is None:
                        self.refuse(line, name, f"entry {place}: no such {LISTS[name]}")
                values[name] = list(dict.fromkeys(id for id in ids if id is not None))
            elif name.endswith("_fr"):
                values[f"translations.fr.{name.removesuffix('_fr')}"] = value
            elif name != "key":
                values[name] = value
        self.add_words(values)
        if str(values.get("retired_on") or "") > today.isoformat():
            self.refuse(line, "retired_on", "must not be in the future")
        matches = [("slug", key)] if self.kind != "condition" else []
        matches += [(column, str(values[column])) for column in CODES if values.get(column)]
        matches += [("name", str(values.get("name")))] if self.kind == "condition" else []
        return SourceRow(key, values, {}, tuple(matches), key, line.number)

    def add_words(self, values: dict[str, CellValue]) -> None:
        """Adds names in French and of laypeople to the search words, which are all that searches read but the name."""
        named = [values.get("translations.fr.name")], values.get("lay_names", [])
        names = [name for group in named if isinstance(group, list) for name in group if isinstance(name, str)]
        if self.kind != "condition" and (names or "words" in values):
            given = str(values.get("words") or "")
            missing = [name for name in names if name.casefold() not in given.casefold()]
            values["words"] = words([given] if given else [], missing)
