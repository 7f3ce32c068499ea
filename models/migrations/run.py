"""Migrates a database to the tables, functions and policies that this version of the server is written for."""

import asyncio
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from models.columns import SCHEMAS
from models.database import is_at

# Alembic's context is global: two upgrades in one process would share it.
one_at_a_time = asyncio.Lock()

# What Alembic compares with the models, and the table that stores the revision.
COMPARISON: dict[str, Any] = {
    "include_schemas": True,
    "include_name": lambda name, kind, parents: kind != "schema" or name in SCHEMAS,
    "compare_server_default": True,
    "version_table": "migration",
    "version_table_schema": "public",
}


class UnknownRevision(CommandError):  # Alembic's command line prints one of these without a traceback
    """The database is at a revision that this version cannot migrate; the message gives the remedy."""


class OtherRevision(Exception):
    """The database is not at this version's revision, and is not to be migrated; the message gives the remedy."""


async def expect_current(dsn: str) -> None:
    """Raises OtherRevision unless the database is at the latest revision. `dsn` is the owner's or the public role's."""
    if not await is_current(dsn):
        raise OtherRevision(
            f"The database is not at revision {head()}, which this version of Cohorte needs. Migrate it as its owner "
            "(python -m commands.migrate), or use the version that migrated it."
        )


async def upgrade(dsn: str, revision: str = "head") -> None:
    """Migrates the database at `dsn`, as its owner, to a revision; fast if it is already there.

    Runs in one transaction, under an advisory lock: any number of processes may call it at once. Raises UnknownRevision
    if the database is too old or too new, and asyncpg's errors if it cannot be reached or its owner may not create
    roles.
    """
    if revision == "head" and await is_current(dsn):
        return
    async with one_at_a_time:
        await on_a_connection(dsn, lambda bind: command.upgrade(config(bind), revision))


async def is_current(dsn: str) -> bool:
    """Whether the database is at the latest revision: asked first, because loading Alembic's environment takes long."""
    connection = await asyncpg.connect(dsn)
    try:
        return await is_at(connection, head())
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()


async def on_a_connection(dsn: str, work: Callable[[Connection], None]) -> None:
    """Runs `work` in one transaction of a new connection."""
    # asyncpg reads the address itself: SQLAlchemy would not understand all of it (sslmode, several hosts).
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(dsn),
        poolclass=NullPool,
        hide_parameters=True,
    )
    try:
        # begin(), not connect(): in a transaction of the connection's own making Alembic would not commit.
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()


@cache
def head() -> str:
    """The latest revision, as stored in public.migration after an `upgrade`."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    assert revision is not None
    return revision


def refuse_unknown(revisions: Collection[str]) -> None:
    """Raises UnknownRevision unless this version has migrations from each of these revisions on."""
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    for revision in revisions:
        if revision not in known and revision < (oldest := min(known)):
            raise UnknownRevision(
                f"The database is at revision {revision}, which is too old: this version migrates from revision"
                f" {oldest} on. Migrate it with an earlier version of Cohorte first, or use a new database."
            )
        if revision not in known:
            raise UnknownRevision(
                f"The database is at revision {revision}, which this version does not know: its newest is"
                f" {max(known)}. Use the version of Cohorte that migrated the database, or a later one."
            )


def config(bind: Connection | None = None) -> Config:
    made = Config(attributes={"connection": bind})
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made
