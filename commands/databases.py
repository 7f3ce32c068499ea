"""Creates databases in a cluster and derives their addresses."""

from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from models.connecting import connect


def at(dsn: str, database: str) -> str:
    """The address of another database on the same server, with the same account."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{quote(database, safe='')}"))


async def create_missing(dsn: str, database: str) -> None:
    """Creates `database` unless it exists. Safe to call from several processes at once."""
    connection = await connect(at(dsn, "postgres"))
    try:
        if not await connection.fetchval("select true from pg_database where datname = $1", database):
            await connection.execute(f"create database {name(database)}")
    except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        pass  # another process was first
    finally:
        await connection.close()


def name(database: str) -> str:
    """The database's name as a quoted identifier, for statements that accept no parameters."""
    return '"' + database.replace('"', '""') + '"'
