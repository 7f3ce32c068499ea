"""The only place that makes, copies and drops whole databases of a cluster."""

from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg


def at(dsn: str, database: str) -> str:
    """The same server and account, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{quote(database, safe='')}"))


async def create_missing(dsn: str, database: str) -> None:
    """Makes `database` unless it is there; several processes may ask at once."""
    connection = await asyncpg.connect(at(dsn, "postgres"))
    try:
        if not await connection.fetchval("select true from pg_database where datname = $1", database):
            await connection.execute(f"create database {name(database)}")
    except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        pass  # another process was first
    finally:
        await connection.close()


def name(database: str) -> str:
    """Quoted for a statement that takes no bind."""
    return '"' + database.replace('"', '""') + '"'
