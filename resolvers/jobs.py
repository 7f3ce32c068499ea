"""Defines the periodic jobs: publishing counts, opening and closing surveys, ending datasets, deleting expired rows."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Protocol, TypeAlias
from uuid import UUID

from asyncpg import Record

from models.database import Connection
from models.insight.datasets import FREEZING_PARTS
from models.research.surveys import SurveyStatus
from resolvers import leases
from resolvers.identity.sleeping import settle_sleepers
from resolvers.insight import counts, openings
from resolvers.insight.freezing import begin_survey, end_dataset, finish
from resolvers.insight.ledger import Begin, begun
from resolvers.pacing import PieceSize, in_steps_of, now, wait_out

Job: TypeAlias = Callable[[Connection], Awaitable[None]]


class PublishingJob(Protocol):
    """A job of the publisher, which uses `begin` for the transactions that may append to the ledger, and no others."""

    __name__: str

    def __call__(self, connection: Connection, begin: Begin = ...) -> Awaitable[None]: ...


class Suspended(Exception):
    """A job is not done for now, for a reason that has been logged."""


MOVED_AT_ONCE = 100  # members whose rows move in one transaction, about
MOVING_SECONDS = 0.5  # more than that takes; locks are held meanwhile
# A part of a dataset takes a whole number of so many seconds, at least, and for each member that is published of its
# community: less than freezing a part of them takes. Counting a frozen dataset takes a whole number of
# `PUBLISHING_SECONDS`, and so does publishing it, while it is locked.
PART_SECONDS = 0.125
MEMBER_SECONDS = 0.002 / FREEZING_PARTS
PUBLISHING_SECONDS = 0.25
# Rows that cleaning and erasing delete in one transaction, at most, and how long a job does so while others wait.
DELETED_AT_ONCE = 5_000
ERASED_AT_ONCE = 2_000
DELETING_SECONDS = 10.0
# Publishing monthly counts and looking at a survey take a whole number of so many seconds, whatever is counted.
COUNTING_SECONDS = 0.5
NETWORK_SECONDS = 4.0


async def try_lock(connection: Connection, name: str) -> bool:
    """Whether the advisory lock named `name` was free: the connection holds it until its end. Does not wait."""
    taken: bool = await connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", name)
    return taken


async def settle_surveys(connection: Connection, begin: Begin = begun) -> None:
    """Opens and closes the surveys that are due, as the publisher. A survey that closes begins to be frozen."""

    async def settle(row: Record) -> None:
        over = "SELECT catalog.is_over(closes_on) OR catalog.is_to_freeze(s) FROM catalog.survey s WHERE id = $1"
        if await connection.fetchval(over, row["id"]):
            async with connection.transaction():
                await begin_survey(connection, row["id"])
        else:
            async with begin(connection):
                await openings.settle(connection, row["id"], COUNTING_SECONDS)

    await _try_each(await connection.fetch("SELECT id FROM catalog.surveys_due() AS id"), settle)


async def freeze_datasets(connection: Connection, begin: Begin = begun) -> None:
    """Freezes what has begun to be frozen, in pieces, as the publisher. It goes on where another process was killed."""

    async def freeze(row: Record) -> None:
        await finish(connection, row["id"], pause=_in_time(connection, row["members"]), begin=begin)

    await _try_each(await connection.fetch("SELECT id, members FROM research.freezings_due()"), freeze)


async def publish_counts(connection: Connection, begin: Begin = begun) -> None:
    """Publishes the counts of communities and of surveys that are due this month, as the publisher."""
    communities = await connection.fetch("SELECT id FROM catalog.communities_to_count() AS id")
    await _try_each(communities, lambda row: counts.publish_community(connection, row["id"], COUNTING_SECONDS, begin))
    await _each(connection, begin, "SELECT id FROM catalog.surveys_to_count() AS id", _publish_progress)


async def publish_network(connection: Connection, begin: Begin = begun) -> None:
    """Publishes the counts of the network, if this month's are due, as the publisher."""
    await counts.publish_network(connection, NETWORK_SECONDS, begin)


async def move_members(connection: Connection, begin: Begin = begun) -> None:
    """Moves the members of communities that have merged, in pieces, as the publisher."""
    due = await connection.fetch("SELECT id FROM catalog.communities_to_move() AS id")
    await _try_each(due, lambda row: move_in_pieces(connection, "care.move_members", row["id"]))


async def move_entries(connection: Connection, begin: Begin = begun) -> None:
    """Moves members' rows of indicators and treatments that have merged, in pieces, as the publisher."""
    due = await connection.fetch("SELECT id FROM catalog.entries_to_move() AS id")
    await _try_each(due, lambda row: move_in_pieces(connection, "care.move_entry", row["id"]))


async def end_datasets(connection: Connection, begin: Begin = begun) -> None:
    """Ends the datasets whose term is over or whose budget is spent, as the publisher. `forget_records` follows."""
    await _each(connection, begun, "SELECT id FROM insight.datasets_due() AS id", end_dataset)


async def _each(
    connection: Connection, begin: Begin, due: str, work: Callable[[Connection, UUID], Awaitable[None]]
) -> None:
    """Each in a transaction of its own, in which `work` checks again that it is due: two servers may run at once."""

    async def in_transaction(row: Record) -> None:
        async with begin(connection):
            await work(connection, row["id"])

    await _try_each(await connection.fetch(due), in_transaction)


async def _try_each(rows: Iterable[Record], work: Callable[[Record], Awaitable[None]]) -> None:
    """Raises the last error once all were tried, so that one that always fails does not block the others."""
    failed: Exception | None = None
    for row in rows:
        try:
            await work(row)
        except Suspended as error:  # of others, some may publish nothing
            failed = failed or error
        except Exception as error:
            failed = error
    if failed is not None:
        raise failed


def _in_time(connection: Connection, members: int) -> Callable[[int], Awaitable[None]]:
    """A pause after each part of a dataset, which takes a whole number of seconds that the published members decide.

    Whoever reads the progress, the status or the ledger over and over learns when a part was done, and not how many
    members are in it. The pause may be longer than a process may be silent, whose lock another one would take.
    """
    part_seconds = max(PART_SECONDS, members * MEMBER_SECONDS)
    began, before = now(), 0

    async def pause(parts: int) -> None:
        nonlocal began, before
        step = PUBLISHING_SECONDS if parts == before else part_seconds
        await wait_out(step, began, partial(leases.sleep, connection))
        began, before = now(), parts

    return pause


async def move_in_pieces(connection: Connection, function: str, id: UUID) -> None:
    """Moves members' rows, each piece in a transaction, which takes a whole number of `MOVING_SECONDS`.

    Whoever reads where they are over and over learns when a piece was committed, and not how many members were in it:
    published numbers decide how many pieces there are, and the last one of a part moves all that are left of it. What
    was interrupted is done from the beginning: nothing is left of the pieces that were done.
    """
    published: int = await connection.fetchval("SELECT catalog.published_to_move($1)", id)
    sizes = [MOVED_AT_ONCE] * (published // (FREEZING_PARTS * MOVED_AT_ONCE)) + [None]
    for part in range(FREEZING_PARTS):
        last: UUID | None = None
        for size in sizes:
            async with begun(connection), in_steps_of(MOVING_SECONDS):
                last = await connection.fetchval(f"SELECT {function}($1, $2, $3, $4)", id, part, last, size)


async def _publish_progress(connection: Connection, survey: UUID) -> None:
    if await openings.lock(connection, survey) in (SurveyStatus.WAITING, SurveyStatus.OPEN):
        await counts.publish_progress(connection, survey, COUNTING_SECONDS)


async def in_batches(connection: Connection, statement: str, *given: object) -> None:
    """Runs a statement that deletes at most so many rows, which is its last parameter, until there are fewer.

    Each time is a transaction, of fewer rows where that takes long: whoever writes one of them waits. After
    `DELETING_SECONDS`, the next round goes on.
    """
    began, size = now(), PieceSize(DELETED_AT_ONCE)
    while True:
        async with size.timed() as rows:
            deleted = await connection.fetchval(statement, *given, rows)
        if deleted < rows or now() - began > DELETING_SECONDS:
            return


async def forget_mutations(connection: Connection) -> None:
    """Deletes the results of mutations that are older than a day."""
    await in_batches(connection, "SELECT identity.forget_mutations($1)")


async def forget_waiting(connection: Connection) -> None:
    """Deletes expired registrations, codes, sessions and rate limits, and attempts that are older than a day."""
    await in_batches(connection, "SELECT identity.forget_waiting($1)")


async def erase_members(connection: Connection) -> None:
    """Goes on with the erasure of members who had many rows, in pieces."""
    began, size, goes_on = now(), PieceSize(ERASED_AT_ONCE), True
    while goes_on and now() - began < DELETING_SECONDS:
        async with size.timed() as rows:
            goes_on = await connection.fetchval("SELECT identity.go_on_erasing($1)", rows)


async def forget_records(connection: Connection) -> None:
    """Deletes the records of datasets that have ended. Not as the publisher, since their number decides how long."""
    await in_batches(connection, "SELECT insight.forget_records($1)")


def forget_data_reads(days: int) -> Job:
    """A job that deletes from the trail what was read more than so many days ago."""

    async def forget(connection: Connection) -> None:
        await in_batches(connection, "SELECT identity.forget_reads($1, $2)", days)

    return forget


def settle_sleeping(months: int, notice_days: int) -> Job:
    """A job that writes to the owners of members' accounts that sleep, and closes the accounts."""

    async def settle(connection: Connection) -> None:
        await settle_sleepers(connection, months, notice_days)

    return settle


async def end_licences(connection: Connection) -> None:
    """Sets the status of licences that are over. The graph computes it anyway: this is for readers of the table."""
    await connection.execute("SELECT insight.end_licences()")


async def forget_deliveries(connection: Connection) -> None:
    """Deletes what was sent to webhooks more than a month ago."""
    await in_batches(connection, "SELECT insight.forget_deliveries($1)")


MAINTENANCE: tuple[Job, ...] = (
    erase_members, forget_records, end_licences, forget_mutations, forget_waiting, forget_deliveries
)  # fmt: skip
PUBLISHING: tuple[PublishingJob, ...] = (
    move_members, move_entries, publish_counts, publish_network, settle_surveys, freeze_datasets, end_datasets
)  # fmt: skip
