"""The only place for what time brings about: surveys that open and close by themselves, and what is kept for a day."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import asyncpg

from models.viewing import Connection

Task: TypeAlias = Callable[[Connection], Awaitable[None]]


async def takes_turn(connection: Connection) -> bool:
    """Whether it falls to this connection to do what is due: to one of the database's, until that one ends."""
    mine: bool = await connection.fetchval("SELECT pg_try_advisory_lock(hashtext('cohorte.due'))")
    return mine


async def settle_surveys(connection: Connection) -> None:
    """Opens and closes the surveys whose time has come, each in a transaction of its own.

    Each looks again when it has the survey to itself: done twice at once, it is done once. Raises the last error, after
    all were tried.
    """
    failed: asyncpg.PostgresError | None = None
    for row in await connection.fetch("SELECT id FROM catalog.surveys_due() AS id"):
        try:
            await connection.execute("SELECT catalog.carry_out_due($1)", row["id"])
        except asyncpg.PostgresError as error:
            failed = error
    if failed is not None:
        raise failed


async def forget_mutations(connection: Connection) -> None:
    """Drops what mutations came to a day ago and before."""
    await connection.execute("SELECT identity.forget_mutations()")


async def forget_waiting(connection: Connection) -> None:
    """Drops registrations and codes that have lapsed, tries of a day ago, and sessions that are over."""
    await connection.execute("SELECT identity.forget_waiting()")


TASKS: tuple[Task, ...] = (settle_surveys, forget_mutations, forget_waiting)
