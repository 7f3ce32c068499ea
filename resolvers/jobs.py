"""Periodic jobs: surveys and datasets that open and close by date, and rows that expire."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias
from uuid import UUID

from models.database import Connection
from resolvers.insight.freezing import close_survey, end_dataset

Job: TypeAlias = Callable[[Connection], Awaitable[None]]


async def takes_turn(connection: Connection, turn: str) -> bool:
    """Whether it falls to this connection to do what is due: to one of the database's, until that one ends."""
    mine: bool = await connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", turn)
    return mine


async def settle_surveys(connection: Connection) -> None:
    """Opens and closes the surveys whose time has come, as the publisher: those that close become datasets."""
    await _each(connection, "SELECT id FROM catalog.surveys_due() AS id", _settle_survey)


async def end_datasets(connection: Connection) -> None:
    """Ends the datasets whose term is over, or whose budget buys nothing any more, as the publisher."""
    await _each(connection, "SELECT id FROM insight.datasets_due() AS id", end_dataset)


async def _each(connection: Connection, due: str, work: Callable[[Connection, UUID], Awaitable[None]]) -> None:
    """Each in a transaction of its own, which looks again: done twice at once, it is done once.

    Raises the last error, after all were tried: one that fails always would keep all others from being done.
    """
    failed: Exception | None = None
    for row in await connection.fetch(due):
        try:
            async with connection.transaction():
                await work(connection, row["id"])
        except Exception as error:
            failed = error
    if failed is not None:
        raise failed


async def _settle_survey(connection: Connection, survey: UUID) -> None:
    await connection.execute("SELECT research.lock_survey($1)", survey)
    over = "SELECT catalog.is_over(closes_on) FROM catalog.survey WHERE id = $1"
    if await connection.fetchval(over, survey):
        await close_survey(connection, survey)
    else:
        await connection.execute("SELECT catalog.open_due($1)", survey)


async def forget_mutations(connection: Connection) -> None:
    """Drops what mutations came to a day ago and before."""
    await connection.execute("SELECT identity.forget_mutations()")


async def forget_waiting(connection: Connection) -> None:
    """Drops registrations and codes that have lapsed, tries of a day ago, and sessions that are over."""
    await connection.execute("SELECT identity.forget_waiting()")


async def end_licences(connection: Connection) -> None:
    """Writes down which licences are over. They read as such without it: this is for who looks at the tables."""
    await connection.execute("SELECT insight.end_licences()")


MAINTENANCE: tuple[Job, ...] = (end_licences, forget_mutations, forget_waiting)
PUBLISHING: tuple[Job, ...] = (settle_surveys, end_datasets)
