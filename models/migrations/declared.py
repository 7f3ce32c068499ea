"""Builds a database from what the code declares: tables, models/functions and models/security/policies.py."""

from collections.abc import Iterable
from pathlib import Path

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from models import functions
from models.metadata import metadata
from models.security import policies


class WrongSource(Exception):
    """PostgreSQL rejects a source file; the message names the file and the reason."""


async def build(dsn: str) -> None:
    """Builds everything in the empty database at `dsn`, as its owner, in one transaction and without migrations.

    Raises WrongSource if PostgreSQL rejects a file of models/functions, and asyncpg's errors.
    """
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool
    )
    try:
        async with engine.begin() as connection:
            driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection  # type: ignore[assignment]
            for statement in policies.before_tables():
                await driver.execute(statement)
            await load(driver, functions.before_tables())
            await connection.run_sync(metadata.create_all)
            await load(driver, functions.after_tables())
            for statement in policies.statements():
                await driver.execute(statement)
    finally:
        await engine.dispose()


async def load(connection: asyncpg.Connection, files: Iterable[Path]) -> None:
    for file in files:
        try:
            await connection.execute(file.read_text(encoding="utf-8"))
        except asyncpg.PostgresError as error:
            path = file.relative_to(functions.FOLDER.parents[1])
            raise WrongSource(f"{path}: {error}") from error
