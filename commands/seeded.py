"""Whether a database has members, asked without loading what creates the demonstration."""

import asyncpg

from models.connecting import connect


class AlreadySeeded(Exception):
    """The database already has members, and demonstration rows are never mixed with others."""


async def has_members(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    return bool(await connection.fetchval("select exists (select from care.member)"))


async def is_seeded(dsn: str) -> bool:
    """Whether the database has members, of the demonstration or not: then it must not be seeded."""
    connection = await connect(dsn)
    try:
        return await has_members(connection)
    finally:
        await connection.close()


async def has_people_of_its_own(dsn: str) -> bool:
    """Whether the database has members or accounts that are not the demonstration's."""
    connection = await connect(dsn)
    try:
        found = await connection.fetchval(
            """
            SELECT EXISTS (SELECT FROM care.member WHERE NOT demonstration)
                OR EXISTS (SELECT FROM identity.account WHERE NOT demonstration)
            """
        )
        return bool(found)
    finally:
        await connection.close()
