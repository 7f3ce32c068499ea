"""Checks at start whether the database allows as many connections as the server may open."""

import asyncpg

from app import database_connections
from commands.cluster import Unavailable
from models.logins import role_dsn
from models.viewers import Audience
from settings import Settings

# What roles without further rights may open; PostgreSQL 16 and later keep some more for a role of their own.
ALLOWED = """
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0)
"""
# Other roles' rows of pg_stat_activity do not show what they are. This connection does not count.
IN_USE = "SELECT sum(numbackends)::int - 1 FROM pg_stat_database"


async def expect_connections(dsn: str, settings: Settings) -> None:
    """Raises Unavailable unless the database has enough free connections for all workers."""
    each = database_connections(settings)
    needed = settings.workers * each
    connection = await asyncpg.connect(role_dsn(dsn, Audience.PUBLIC, settings.role_key, settings.role_prefix))
    try:
        allowed, used = await connection.fetchval(ALLOWED), await connection.fetchval(IN_USE)
    finally:
        await connection.close()
    if needed > allowed - used:
        workers = "" if settings.workers == 1 else f" ({settings.workers} workers with {each} each)"
        raise Unavailable(
            f"The server may open {needed} connections to the database{workers}, which allows {allowed} in all and has "
            f"{used} in use. Raise max_connections in PostgreSQL, or lower COHORTE_POOL_SIZE or COHORTE_WORKERS."
        )
