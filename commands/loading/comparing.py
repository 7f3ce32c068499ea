"""Compares a source's entries with the catalogue: what to add, change, retire and restore, and what to leave alone.

A value is compared three ways: as the source has it, as the row has it, and as the source last gave it. A row whose
value is what the source last gave follows the source; otherwise somebody edited it, and it stays. Rows that the source
has not loaded yet are only filled where they are empty.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import uuid4

from commands.loading.entries import TODAY, Batch, CellValue, NotLoaded, SourceRow

Flat = dict[str, CellValue]  # a row: its columns, and `translations.fr.name` for texts in other languages

# Columns in which no two rows may have the same value, besides the slug.
UNIQUE = {"condition": ("name",), "community": (), "indicator": ("hpo",), "treatment": ("national_code",)}
WITHOUT_SLUG = {"condition"}
# What staff decide about a row, which `overwrite` leaves alone.
DECISIONS = {"retired_on", "status"}
SAME_ROW = "key"  # the column of a conflict between entries that are the same row
RETIRED_AT_LEAST = 20  # so many rows, and
RETIRED_SHARE = 0.1  # this share of the rows loaded earlier are more than one release of a source withdraws


@dataclass(frozen=True)
class Given:
    """What a source last gave a row."""

    row: str
    values: Flat


@dataclass(frozen=True)
class EntryChange:
    """A row after the change, with the columns that differ."""

    id: str
    row: Flat
    columns: tuple[str, ...]
    code: str  # of the entry
    line: int = 0  # of its file


@dataclass(frozen=True)
class Conflict:
    """An entry's column whose value another row has already."""

    entry: SourceRow
    column: str


@dataclass
class Comparison:
    """What loading a batch does. `kept` has the entries' columns that stay because they were edited by hand."""

    batch: Batch
    added: list[EntryChange] = field(default_factory=list)
    changed: list[EntryChange] = field(default_factory=list)
    retired: list[EntryChange] = field(default_factory=list)
    restored: list[EntryChange] = field(default_factory=list)
    kept: list[EntryChange] = field(default_factory=list)
    removed: int = 0  # entries whose row somebody deleted
    absent: int = 0  # communities that the source no longer has: only staff close them
    given: dict[str, Given] = field(default_factory=dict)  # by code: what to store
    conflicts: list[Conflict] = field(default_factory=list)

    def rows(self) -> Iterator[EntryChange]:
        """Every row to write, once."""
        written = {change.id: change for change in (*self.added, *self.changed, *self.retired, *self.restored)}
        yield from written.values()


def compare(
    batch: Batch,
    rows: Mapping[str, Flat],
    given: Mapping[str, Given],
    today: date,
    *,
    overwrite: bool = False,
    retire_many: bool = False,
) -> Comparison:
    """Compares a batch with the kind's rows by id, and with what the source gave before by code.

    Raises NotLoaded if an unlikely share of what was loaded is missing from the batch, unless `retire_many`.
    """
    made = Comparison(batch)
    catalogue = Catalogue(batch.kind, rows)
    for entry in batch.entries:
        known = given.get(entry.code)
        if known is not None and known.row not in rows:
            made.removed += 1
            continue
        id = known.row if known else catalogue.find(entry)
        if id is None:
            add(made, catalogue, entry, today)
        elif catalogue.claim(id):
            change(made, catalogue, entry, id, known.values if known else None, today, overwrite)
        else:
            made.conflicts.append(Conflict(entry, SAME_ROW))
    if batch.present is not None:
        missing = {code: last for code, last in given.items() if code not in batch.present and last.row in rows}
        retire(made, catalogue, missing, today, retire_many, len(given))
    return made


class Catalogue:
    """The rows of one kind while they are compared: which are taken, and which values are."""

    def __init__(self, kind: str, rows: Mapping[str, Flat]) -> None:
        self.kind = kind
        self.rows = dict(rows)
        self.claimed: set[str] = set()
        self.slugs = {str(row["slug"]) for row in rows.values() if row.get("slug")}
        self.owners: dict[tuple[str, str], list[str]] = defaultdict(list)
        for id, row in rows.items():
            self.register(id, row)

    def register(self, id: str, row: Flat) -> None:
        for column in ("slug", "national_code", "hpo", "orpha", "omim", "name"):
            if value := row.get(column):
                self.owners[column, str(value).casefold()].append(id)

    def find(self, entry: SourceRow) -> str | None:
        """The only row with one of the entry's codes or names."""
        for column, value in entry.matches:
            found = [id for id in self.owners.get((column, value.casefold()), ()) if id in self.rows]
            if len(found) == 1:
                return found[0]
        return None

    def claim(self, id: str) -> bool:
        """Whether no other entry of the batch is this row."""
        if id in self.claimed:
            return False
        self.claimed.add(id)
        return True

    def taken(self, column: str, value: CellValue, id: str) -> bool:
        """Whether another row has a value that must be unique."""
        if not value or column not in UNIQUE[self.kind]:
            return False
        folded = str(value).casefold()
        others = (other for other in self.owners.get((column, folded), ()) if other != id)
        return any(str(self.rows[other].get(column)).casefold() == folded for other in others)

    def slug(self, wanted: str, code: str) -> str:
        for slug in (wanted, f"{wanted}-{code}".strip("-"), *(f"{wanted}-{code}-{n}" for n in range(2, 1000))):
            if slug and slug not in self.slugs:
                self.slugs.add(slug)
                return slug
        raise NotLoaded("No URL slug is left for a row.")  # pragma: no cover


def add(made: Comparison, catalogue: Catalogue, entry: SourceRow, today: date) -> None:
    id = str(uuid4())
    values = {column: effective(column, offered, None, today) for column, offered in entry.values.items()}
    if conflicting := [column for column, value in values.items() if catalogue.taken(column, value, id)]:
        made.conflicts += [Conflict(entry, column) for column in conflicting]
        return
    row: Flat = {**entry.fixed, **values}
    if catalogue.kind not in WITHOUT_SLUG:
        row["slug"] = catalogue.slug(entry.slug or "", entry.code.lower().replace(":", "-"))
    catalogue.rows[id] = row
    catalogue.claimed.add(id)
    catalogue.register(id, row)
    made.added.append(EntryChange(id, row, tuple(values), entry.code, entry.line))
    made.given[entry.code] = Given(id, values)


def change(
    made: Comparison, catalogue: Catalogue, entry: SourceRow, id: str, before: Flat | None, today: date, overwrite: bool
) -> None:
    row, last = dict(catalogue.rows[id]), dict(before or {})
    differing, kept = [], []
    for column, offered in entry.values.items():
        now = row.get(column)
        if column == "status" and now != "DRAFT":
            continue  # a community that was opened is closed or merged by staff alone
        new = effective(column, offered, now, today)
        if same(now, new):
            if column != "retired_on" or not now or last.get(column):  # by hand, as it was before: not this source's
                last[column] = new
            continue
        follows = same(now, last[column]) if column in last else empty(now)
        if column == "retired_on" and now and not last.get(column):
            follows = False
        if not follows and not (overwrite and column not in DECISIONS):
            if new or column in last:
                kept.append(column)
        elif catalogue.taken(column, new, id):
            made.conflicts.append(Conflict(entry, column))
            kept.append(column)
        else:
            row[column] = last[column] = new
            differing.append(column)
    if kept:
        made.kept.append(EntryChange(id, row, tuple(kept), entry.code, entry.line))
    if differing:
        sort(made, EntryChange(id, row, tuple(differing), entry.code, entry.line))
        catalogue.rows[id] = row
        catalogue.register(id, row)
    if last != before:
        made.given[entry.code] = Given(id, last)


def effective(column: str, offered: CellValue, now: CellValue, today: date) -> CellValue:
    """What a source offers; for a withdrawal without a day, or in the future, the day of the row or else today."""
    if column != "retired_on" or not offered or (offered != TODAY and str(offered) <= today.isoformat()):
        return offered
    return now or today.isoformat()


def sort(made: Comparison, change: EntryChange) -> None:
    """Puts a change where it is reported: a row that is retired or restored is that first of all."""
    if "retired_on" not in change.columns:
        made.changed.append(change)
    else:
        (made.retired if change.row.get("retired_on") else made.restored).append(change)


def retire(
    made: Comparison, catalogue: Catalogue, missing: Mapping[str, Given], today: date, many: bool, loaded: int
) -> None:
    """Retires the rows whose codes the source no longer has; those that staff have restored stay."""
    gone = [
        (code, last)
        for code, last in missing.items()
        if last.row not in catalogue.claimed and not last.values.get("retired_on")
    ]
    if catalogue.kind == "community":
        made.absent = len(gone)
        return
    gone = [(code, last) for code, last in gone if not catalogue.rows[last.row].get("retired_on")]
    if len(gone) > RETIRED_AT_LEAST and len(gone) > RETIRED_SHARE * loaded and not many:
        raise NotLoaded(
            f"{len(gone):,} of {loaded:,} rows loaded earlier from {made.batch.source} are missing: check that the "
            "source is complete, or pass --retire-many to retire them."
        )
    for code, last in gone:
        row = {**catalogue.rows[last.row], "retired_on": today.isoformat()}
        made.retired.append(EntryChange(last.row, row, ("retired_on",), code))
        made.given[code] = Given(last.row, {**last.values, "retired_on": row["retired_on"]})


def same(one: CellValue, other: CellValue) -> bool:
    """Whether two values are equal; nothing, an empty text and an empty list are."""
    return one == other or (empty(one) and empty(other))


def empty(value: CellValue) -> bool:
    return value is None or value in ("", [])
