"""Checks at start whether the database and its standbys allow as many connections as the server may open."""

import logging

from commands.cluster import Unavailable
from models.bounded_connections import CONNECT_SECONDS
from models.failures import UNREACHABLE, reason
from models.logins import owner_password, role_dsn
from models.session_parameters import NoSessions, expect_sessions
from models.several_hosts import connect_to_any
from models.viewers import Audience
from server.databases.server_connections import database_connections, standby_connections
from settings import Settings

log = logging.getLogger("cohorte.standbys")

# What roles without further rights may open; PostgreSQL 16 and later keep some more for a role of their own.
ALLOWED = """
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0)
"""
# Other roles' rows of pg_stat_activity do not show what they are. This connection does not count.
IN_USE = "SELECT sum(numbackends)::int - 1 FROM pg_stat_database"


async def expect_connections(dsn: str, settings: Settings) -> None:
    """Raises Unavailable unless the database, and each standby that answers, has enough free connections."""
    login = role_dsn(dsn, Audience.PUBLIC, settings.role_key, settings.role_prefix)
    await expect("the database", login, database_connections(settings), settings)
    for number, url in enumerate(settings.read_url, 1):
        key = settings.role_key or owner_password(dsn)
        login = role_dsn(url, Audience.PUBLIC, key, settings.role_prefix)
        try:
            await expect_sessions(login)
            await expect(f"standby {number} of COHORTE_READ_URL", login, standby_connections(settings), settings)
        except NoSessions as error:
            raise Unavailable(f"Address {number} of COHORTE_READ_URL {error}.") from None
        except UNREACHABLE as error:  # it is read from as soon as it answers
            log.warning("standby %d cannot be reached: %s", number, reason(error))


async def expect(what: str, login: str, each: int, settings: Settings) -> None:
    """Raises Unavailable unless `what` has enough free connections for all workers, with `each` at most."""
    needed = settings.workers * each
    connection = await connect_to_any(login, timeout=CONNECT_SECONDS)
    try:
        allowed, used = await connection.fetchval(ALLOWED), await connection.fetchval(IN_USE)
    finally:
        await connection.close()
    if needed > allowed - used:
        workers = "" if settings.workers == 1 else f" ({settings.workers} workers with {each} each)"
        raise Unavailable(
            f"The server may open {needed} connections to {what}{workers}, which allows {allowed} in all and has "
            f"{used} in use. Raise max_connections in PostgreSQL, or lower COHORTE_POOL_SIZE or COHORTE_WORKERS."
        )
