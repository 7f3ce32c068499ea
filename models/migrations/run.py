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
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from models.columns import SCHEMAS
from models.connecting import COMMAND_SECONDS, connect
from models.database import TABLE_CHANGED, understands
from models.role_names import PREFIX

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


MARKED = "0079"  # the revision from which on the database says which servers it is compatible with


BACK = "To go back to this version, restore a backup from before the migration: docs/operating.md has the steps."


class UnknownRevision(CommandError):  # Alembic's command line prints one of these without a traceback
    """The database is at a revision that this version cannot migrate; the message gives the remedy."""


class OtherRevision(Exception):
    """The database is at a revision that this version cannot serve, and is not to be migrated; with the remedy."""


async def expect_current(dsn: str, *, exactly: bool = False) -> str:
    """The database's revision. `dsn` is the owner's or the public role's.

    Raises OtherRevision unless it is the latest one, or, if not `exactly`, a newer one with which this version works.
    """
    connection = await connect(dsn)
    try:
        found = await revision_of(connection)
        if found is not None and (found == head() or (not exactly and await understands(connection, head()))):
            return found
    finally:
        await connection.close()
    remedy = "Migrate it as its owner (python -m commands.migrate)."
    if found is not None and found > head():
        remedy = f"Use the version that migrated it, or a later one. {BACK}"
    raise OtherRevision(
        f"The database is not at revision {head()}, which this version of Cohorte needs, but "
        f"{'was never migrated' if found is None else f'at {found}'}. {remedy}"
    )


async def upgrade(dsn: str, revision: str = "head", role_prefix: str = PREFIX) -> None:
    """Migrates the database at `dsn`, as its owner, to a revision; fast if it is already there.

    A newer database that this version understands is left as it is. Runs in one transaction, under an advisory lock:
    any number of processes may call it at once. Raises UnknownRevision if the database is too old or too new, and
    asyncpg's errors if it cannot be reached or its owner may not create roles that are missing.
    """
    if revision == "head" and await is_current(dsn):
        return
    async with one_at_a_time:
        await on_a_connection(dsn, lambda bind: migrate(bind, role_prefix, revision))


def migrate(bind: Connection, role_prefix: str, revision: str) -> None:
    """Migrates the database, and has the servers of older versions that go on drop all answers that they keep."""
    command.upgrade(config(bind, role_prefix), revision)
    bind.execute(text("SELECT pg_notify(:channel, '')"), {"channel": TABLE_CHANGED})


async def is_current(dsn: str) -> bool:
    """Whether nothing has to be migrated: asked first, because loading Alembic's environment takes long."""
    connection = await connect(dsn)
    try:
        return await understands(connection, head())
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()


async def revision_of(connection: asyncpg.Connection) -> str | None:
    """The database's revision; None if it was never migrated."""
    try:
        found: str | None = await connection.fetchval("SELECT version_num FROM public.migration")
    except asyncpg.UndefinedTableError:
        return None
    return found


async def on_a_connection(dsn: str, work: Callable[[Connection], None]) -> None:
    """Runs `work` in one transaction of a new connection."""
    # asyncpg reads the address itself: SQLAlchemy would not understand all of it (sslmode, several hosts).
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: connect(dsn, "cohorte migration", COMMAND_SECONDS),
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
                f" {max(known)}. Use the version of Cohorte that migrated the database, or a later one. {BACK}"
            )


def compatible_since(revision: str) -> str:
    """The oldest revision whose servers work with a database at `revision`.

    A migration may name it as `compatible_since`. One that does not leaves no older server working.
    """
    scripts = ScriptDirectory.from_config(config()).iterate_revisions(revision, "base")
    return max(str(getattr(script.module, "compatible_since", script.revision)) for script in scripts)


def note_compatibility(connection: Connection, revision: str) -> None:
    """Writes into the database which older servers may go on. Databases before revision 0079 cannot say it."""
    if revision >= MARKED:
        statement = text("UPDATE public.migration SET compatible_since = :since")
        connection.execute(statement, {"since": compatible_since(revision)})


def config(bind: Connection | None = None, role_prefix: str = PREFIX) -> Config:
    made = Config(attributes={"connection": bind, "role_prefix": role_prefix})
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made
