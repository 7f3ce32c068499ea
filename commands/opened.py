"""Opens the database of the settings for a command, or the embedded one. Imports no part of the server."""

import asyncio
import contextlib
from collections.abc import Iterator

import asyncpg

from commands.cluster import Unavailable, cluster
from commands.databases import at, create_missing
from commands.revival import kept_running
from models.failures import ADVICE, OF_OWNER, UNREACHABLE, reason
from models.logins import NoOwnerPassword, role_dsn
from models.session_parameters import NoSessions, expect_sessions
from models.several_hosts import connect_to_any
from models.viewers import Audience
from settings import Settings

DATABASE = "cohorte"
OLDEST = 15  # of PostgreSQL's major versions


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The address of the settings' database, or of one in the embedded cluster, which stops with its last user.

    Raises Unavailable if it cannot be reached or started.
    """
    if settings.database_url is not None:
        asyncio.run(probe(settings))
        yield settings.database_url
        return
    folder = settings.data / "postgresql"
    started = cluster(folder, on_start=lambda: print("Starting PostgreSQL ...", flush=True))
    with started as dsn, kept_running(folder, dsn):
        asyncio.run(create_missing(dsn, DATABASE))
        yield at(dsn, DATABASE)


async def probe(settings: Settings) -> None:
    """Raises Unavailable if the settings' database cannot be reached, or its PostgreSQL is too old."""
    try:
        connection = await connect_to_any(login_dsn(settings), timeout=10)
    except NoOwnerPassword as error:
        raise Unavailable(str(error)) from None
    except UNREACHABLE as error:
        # Without the error's text, which may repeat parts of the address: that contains a password.
        advice = OF_OWNER if settings.migrate else ADVICE
        message = f"Cannot connect to the database of COHORTE_DATABASE_URL: {reason(error, advice)}."
        if not settings.migrate and isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
            message += " Migrate it first, with the same COHORTE_ROLE_KEY: python -m commands.migrate"
        raise Unavailable(message) from None
    version = connection.get_server_version()
    await connection.close()
    try:
        await expect_sessions(login_dsn(settings))
    except NoSessions as error:
        raise Unavailable(f"COHORTE_DATABASE_URL {error}.") from None
    except UNREACHABLE as error:
        raise Unavailable(f"Cannot connect to the database of COHORTE_DATABASE_URL: {reason(error)}.") from None
    if version.major < OLDEST:
        raise Unavailable(
            f"The server of COHORTE_DATABASE_URL is PostgreSQL {version.major}; version {OLDEST} or later is required."
        )


def login_dsn(settings: Settings) -> str:
    """The address to connect to before serving: the owner's, or that of a role if nothing is to be migrated."""
    assert settings.database_url is not None
    if settings.migrate:
        return settings.database_url
    return role_dsn(settings.database_url, Audience.PUBLIC, settings.role_key, settings.role_prefix)
