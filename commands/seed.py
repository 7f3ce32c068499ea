"""Fills an empty database with the demonstration network: `python -m commands.seed`."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime

import asyncpg

from commands.demonstration import (
    catalogue,
    courses,
    discussions,
    insights,
    observations,
    people,
    sign_ins,
    surveys,
    together,
    trials,
)
from commands.demonstration.copying import without_indexes
from commands.demonstration.texts import Network
from commands.progress import Progress
from commands.seeded import AlreadySeeded, has_members
from models.connecting import COMMAND_SECONDS, connect
from models.failures import OF_OWNER, UNREACHABLE, reason
from models.metadata import metadata
from resolvers.insight.ledger import Begin, begun
from server.rollbacks.rollback_guard import PublishingSuspended, guard_of
from settings import Settings, SettingsError

Report = Callable[[str, float], None]  # of the current phase, and the share of the whole that is done, 0 to 1
# Loaded without their indexes and foreign keys, which are created afterwards: large tables in which no trigger looks up
# rows meanwhile. Those of profiles look for side effects, of which there are none before there are profiles.
LARGE = ("care.observation", "care.post", "care.post_reaction", "care.side_effect", "research.answer")
MEMBERS_TABLES = tuple(table.fullname for table in metadata.sorted_tables if table.schema in ("care", "research"))


async def seed(
    dsn: str,
    scale: float = 1.0,
    seed: int = 2026,
    progress: Report | None = None,
    today: date | None = None,
    begin: Begin = begun,
) -> None:
    """Writes the demonstration network in one transaction, completely or not at all; `dsn` is the owner's address.

    A `scale` of 1.0 means 18,000 members; the catalogue and the two trials are complete at any scale. History ends on
    `today` (UTC). The same seed, scale and day give the same rows, except where randomness protects members: the salt
    of the passwords, the ids of answers to closed surveys, and the noise of published insights.

    `begin` begins the transaction. Raises AlreadySeeded if there are members, asyncpg's errors and `begin`'s.
    """
    report = progress or (lambda _phase, _done: None)
    today = today or datetime.now(UTC).date()
    connection = await connect(dsn, answer_seconds=COMMAND_SECONDS)
    try:
        await expect_empty(connection)  # before `begin`, which says more of a ledger than anybody asked
        async with begin(connection):
            await connection.execute("select pg_advisory_xact_lock(hashtext('cohorte.seed'))")
            await expect_empty(connection)
            await connection.execute("set local maintenance_work_mem = '256MB'")
            await fill(connection, scale, seed, report, today)
        report("vacuuming", 0.97)
        await connection.execute("vacuum (analyze)")
    finally:
        await connection.close()


async def expect_empty(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    if await has_members(connection):
        raise AlreadySeeded("The database already has members; the demonstration network needs an empty one.")


async def fill(
    connection: "asyncpg.Connection[asyncpg.Record]", scale: float, seed: int, report: Report, today: date
) -> None:
    """Generates and copies all rows, then freezes datasets and publishes insights, within the caller's transaction."""
    report("catalogue", 0.0)
    known, network = catalogue.catalogue(seed), Network()
    catalogue.write_catalogue(network, known)
    report("members and courses", 0.08)
    records = trials.trials(seed, known, today)

    def scaled(whole: int, of_trials: int = 0) -> int:
        return round((whole - of_trials) * scale)

    everyone = [
        *(record.person for record in records),
        *people.people(seed, known, today, scaled(people.MEMBERS, len(records))),
    ]
    people.write_people(seed, network, everyone)
    sign_ins.write_sign_ins(seed, network, known, today)
    sign_ins.write_credentials(network)
    helped = together.write_care_links(seed, network, everyone, today)
    together.write_consents(seed, network, everyone, today)
    together.count_communities(seed, network, known, everyone)
    courses.write_trial_courses(seed, network, records)
    runs = courses.write_courses(seed, network, known, everyone, today, scaled(courses.COURSES, len(records)))
    report("discussions", 0.2)
    discussions.write_discussions(seed, network, known, everyone, today, scaled(discussions.POSTS))
    report("surveys", 0.33)
    closings = surveys.write_surveys(seed, network, known, everyone, today)
    counted = sum(len(record.observations) for record in records)
    diaries = observations.diaries(seed, everyone, today, scaled(observations.OBSERVATIONS, counted))
    report("loading tables", 0.38)
    async with without_indexes(connection, LARGE):
        for table in metadata.sorted_tables:  # parents before children
            if network.rows.get(table.fullname):
                await network.write(connection, table.fullname)
        pieces = observations.stream(seed, diaries, records, runs, helped)
        await connection.copy_to_table(
            "observation", schema_name="care", columns=observations.COLUMNS, format="binary",
            source=with_progress(pieces, counted + sum(round(d.days * sum(d.often)) for d in diaries), report),
        )  # fmt: skip
        report("indexes", 0.8)
    report("datasets and insights", 0.88)
    await connection.execute(
        f"analyze {', '.join(MEMBERS_TABLES)}"
    )  # the statements below need current planner statistics
    await insights.freeze_and_publish(connection, known, closings, today)


async def with_progress(pieces: Iterator[tuple[bytes, int]], whole: int, report: Report) -> AsyncIterator[bytes]:
    """The pieces' bytes, reporting how many of the `whole` observations have been passed on."""
    done = 0
    for piece, count in pieces:
        done += count
        report("observations", 0.46 + 0.34 * min(done / whole, 1.0))
        yield piece


def main(arguments: list[str] | None = None) -> int:
    """Seeds the database of the settings or of `--database-url`; returns the exit status."""
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    parser = argparse.ArgumentParser(
        prog="python -m commands.seed", description="Fill an empty, migrated database with the demonstration network."
    )
    parser.add_argument(
        "--database-url",
        default=settings.database_url,
        help="address of the database, as its owner (default: COHORTE_DATABASE_URL)",
    )
    parser.add_argument("--scale", type=float, default=settings.scale, help="size; 1.0 means 18,000 members")
    parser.add_argument("--seed", type=int, default=2026, help="the same seed gives the same network")
    options = parser.parse_args(arguments)
    if not options.database_url:
        print(
            "Set COHORTE_DATABASE_URL or pass --database-url. The embedded database is seeded by commands.serve.",
            file=sys.stderr,
        )
        return 1
    try:
        with Progress("Creating the demonstration network") as progress:
            guard = guard_of(options.database_url, settings.data, settings.ledger_heads)
            asyncio.run(seed(options.database_url, options.scale, options.seed, progress.report, begin=guard.guarded))
    except (AlreadySeeded, PublishingSuspended) as error:
        print(error, file=sys.stderr)
        return 1
    except UNREACHABLE as error:
        print(f"The database could not be filled: {reason(error, OF_OWNER)}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
