"""Defines the periodic jobs: publishing counts, opening and closing surveys, ending datasets, deleting expired rows."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from models.database import Connection
from models.research.surveys import SurveyStatus
from resolvers.identity.sleeping import settle_sleepers
from resolvers.insight import counts, openings
from resolvers.insight.freezing import close_survey, end_dataset

Job: TypeAlias = Callable[[Connection], Awaitable[None]]
Begin: TypeAlias = Callable[[Connection], AbstractAsyncContextManager[Any]]  # a transaction


class PublishingJob(Protocol):
    """A job of the publisher, which begins its transactions with `begin`."""

    __name__: str

    def __call__(self, connection: Connection, begin: Begin = ...) -> Awaitable[None]: ...


class Suspended(Exception):
    """A job is not done for now, for a reason that has been logged."""


FREEZING_SECONDS = 2.0  # more than freezing some hundreds of participants takes; locks are held meanwhile


async def try_lock(connection: Connection, name: str) -> bool:
    """Whether the advisory lock named `name` was free: the connection holds it until its end. Does not wait."""
    taken: bool = await connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", name)
    return taken


def begun(connection: Connection) -> AbstractAsyncContextManager[Any]:
    """A transaction that nobody guards: for networks without a server."""
    return connection.transaction()


async def settle_surveys(connection: Connection, begin: Begin = begun) -> None:
    """Opens and closes the surveys that are due, as the publisher. A survey that closes is frozen into a dataset."""
    await _each(connection, begin, "SELECT id FROM catalog.surveys_due() AS id", _settle_survey)


async def publish_counts(connection: Connection, begin: Begin = begun) -> None:
    """Publishes the counts of communities and of surveys that are due this month, as the publisher."""
    await _each(connection, begin, "SELECT id FROM catalog.communities_to_count() AS id", counts.publish_community)
    await _each(connection, begin, "SELECT id FROM catalog.surveys_to_count() AS id", _publish_progress)


async def publish_network(connection: Connection, begin: Begin = begun) -> None:
    """Publishes the counts of the network, if this month's are due, as the publisher."""
    async with begin(connection):
        await counts.publish_network(connection)


async def move_members(connection: Connection, begin: Begin = begun) -> None:
    """Moves the members of communities that have merged, as the publisher."""
    await _each(connection, begin, "SELECT id FROM catalog.communities_to_move() AS id", _move_members)


async def move_entries(connection: Connection, begin: Begin = begun) -> None:
    """Moves members' rows of indicators and treatments that have merged, as the publisher."""
    await _each(connection, begin, "SELECT id FROM catalog.entries_to_move() AS id", _move_entry)


async def end_datasets(connection: Connection, begin: Begin = begun) -> None:
    """Ends the datasets whose term is over or whose budget is spent, as the publisher."""
    await _each(connection, begin, "SELECT id FROM insight.datasets_due() AS id", end_dataset)


async def _each(
    connection: Connection, begin: Begin, due: str, work: Callable[[Connection, UUID], Awaitable[None]]
) -> None:
    """Each in a transaction of its own, in which `work` checks again that it is due: two servers may run at once.

    Raises the last error once all were tried, so that one that always fails does not block the others.
    """
    failed: Exception | None = None
    for row in await connection.fetch(due):
        try:
            async with begin(connection):
                await work(connection, row["id"])
        except Suspended:
            raise  # as each of the others would
        except Exception as error:
            failed = error
    if failed is not None:
        raise failed


async def _settle_survey(connection: Connection, survey: UUID) -> None:
    over = "SELECT catalog.is_over(closes_on) OR catalog.is_to_freeze(s) FROM catalog.survey s WHERE id = $1"
    if await connection.fetchval(over, survey):
        await _freeze_slowly(connection, survey)
    else:
        await openings.settle(connection, survey)


async def _freeze_slowly(connection: Connection, survey: UUID) -> None:
    """Freezes a survey, for a whole number of `FREEZING_SECONDS`.

    Whoever reads its status over and over learns when it was committed, not how many participants it had.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    if await close_survey(connection, survey) is not None:
        await asyncio.sleep(FREEZING_SECONDS - (loop.time() - began) % FREEZING_SECONDS)


async def _move_members(connection: Connection, community: UUID) -> None:
    await _move_slowly(connection, "SELECT care.move_members($1)", community)


async def _move_entry(connection: Connection, entry: UUID) -> None:
    await _move_slowly(connection, "SELECT care.move_entry($1)", entry)


async def _move_slowly(connection: Connection, move: str, id: UUID) -> None:
    """Moves members' rows, for a whole number of `FREEZING_SECONDS`, for the reason that freezing takes one."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await connection.execute(move, id)
    await asyncio.sleep(FREEZING_SECONDS - (loop.time() - began) % FREEZING_SECONDS)


async def _publish_progress(connection: Connection, survey: UUID) -> None:
    if await openings.lock(connection, survey) in (SurveyStatus.WAITING, SurveyStatus.OPEN):
        await counts.publish_progress(connection, survey)


async def forget_mutations(connection: Connection) -> None:
    """Deletes the results of mutations that are older than a day."""
    await connection.execute("SELECT identity.forget_mutations()")


async def forget_waiting(connection: Connection) -> None:
    """Deletes expired registrations, codes, sessions and rate limits, and attempts that are older than a day."""
    await connection.execute("SELECT identity.forget_waiting()")


def forget_data_reads(days: int) -> Job:
    """A job that deletes from the trail what was read more than so many days ago."""

    async def forget(connection: Connection) -> None:
        await connection.execute("SELECT identity.forget_reads($1)", days)

    return forget


def settle_sleeping(months: int, notice_days: int) -> Job:
    """A job that writes to the owners of members' accounts that sleep, and closes the accounts."""

    async def settle(connection: Connection) -> None:
        await settle_sleepers(connection, months, notice_days)

    return settle


async def end_licences(connection: Connection) -> None:
    """Sets the status of licences that are over. The graph computes it anyway: this is for readers of the table."""
    await connection.execute("SELECT insight.end_licences()")


MAINTENANCE: tuple[Job, ...] = (end_licences, forget_mutations, forget_waiting)
PUBLISHING: tuple[PublishingJob, ...] = (
    move_members, move_entries, publish_counts, publish_network, settle_surveys, end_datasets
)  # fmt: skip
