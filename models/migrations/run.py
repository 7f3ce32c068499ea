"""Migrates a database to the tables, functions and policies that this version of the server is written for."""

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from models.columns import SCHEMAS
from models.connecting import COMMAND_SECONDS, connect
from models.database import TABLE_CHANGED
from models.migrations.revisions import BACK, MARKED, UnknownRevision, is_current
from models.role_names import PREFIX

# Alembic's context is global: two upgrades in one process would share it.
one_at_a_time = asyncio.Lock()

# What Alembic compares with the models, and the table that stores the revision.
COMPARISON: dict[str, Any] = {
    "include_schemas": True,
    "include_name": lambda name, kind, parents: kind != "schema" or name in SCHEMAS,
    # Alembic compares the text of expressions, of which PostgreSQL writes those of models/name_order.py in its own way.
    # `catalogue` compares what PostgreSQL makes of them.
    "include_object": lambda _, name, kind, *__: kind != "index" or not name.endswith("_named"),
    "compare_server_default": True,
    "version_table": "migration",
    "version_table_schema": "public",
}


class RefusedRevision(UnknownRevision, CommandError):
    """An UnknownRevision that Alembic's command line prints without a traceback."""


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


def refuse_unknown(revisions: Collection[str]) -> None:
    """Raises UnknownRevision unless this version has migrations from each of these revisions on."""
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    for revision in revisions:
        if revision not in known and revision < (oldest := min(known)):
            raise RefusedRevision(
                f"The database is at revision {revision}, which is too old: this version migrates from revision"
                f" {oldest} on. Migrate it with an earlier version of Cohorte first, or use a new database."
            )
        if revision not in known:
            raise RefusedRevision(
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
