"""The only place that brings a database to the tables this server is written for."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from models.columns import SCHEMAS

# Alembic keeps its context in a global: two upgrades in one process would take each other's.
one_at_a_time = asyncio.Lock()

# What Alembic compares with the models, and the table it keeps the revision in.
COMPARISON: dict[str, Any] = {
    "include_schemas": True,
    "include_name": lambda name, kind, parents: kind != "schema" or name in SCHEMAS,
    "compare_server_default": True,
    "version_table": "migration",
    "version_table_schema": "public",
}


async def upgrade(dsn: str) -> None:
    """Migrates the database at `dsn`, which names its owner, to the newest tables; nothing to do is quick.

    One transaction, under a lock of the database's: any number of processes may start at once. Raises asyncpg's errors
    when it cannot be reached or its owner may not create roles.
    """
    # asyncpg reads the address itself: SQLAlchemy would not understand all of it (sslmode, several hosts).
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool
    )
    try:
        # begin(), not connect(): in a transaction of the connection's own making Alembic would not commit.
        async with one_at_a_time, engine.begin() as connection:
            await connection.run_sync(lambda bind: command.upgrade(config(bind), "head"))
    finally:
        await engine.dispose()


def head() -> str:
    """The revision that `upgrade` brings a database to, as public.migration names it."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    assert revision is not None
    return revision


def execute(bind: Connection, script: str) -> None:
    """Runs several statements in one, which a prepared statement cannot; for migrations."""
    bind.connection.dbapi_connection.run_async(lambda driver: driver.execute(script))  # type: ignore[union-attr]


def config(bind: Connection | None = None) -> Config:
    made = Config(attributes={"connection": bind})
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made
