"""Makes an empty database what the code declares: the tables, models/functions and models/policies.py."""

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from models import functions, policies
from models.everything import metadata


async def build(dsn: str) -> None:
    """Makes it in the empty database at `dsn`, which names its owner, without any migration.

    In one transaction. Raises asyncpg's errors where a source is wrong; the error's `detail` is PostgreSQL's.
    """
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool
    )
    try:
        async with engine.begin() as connection:
            driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection  # type: ignore[assignment]
            for statement in policies.before_tables():
                await driver.execute(statement)
            for file in functions.before_tables():
                await driver.execute(file.read_text(encoding="utf-8"))
            await connection.run_sync(metadata.create_all)
            for file in functions.after_tables():
                await driver.execute(file.read_text(encoding="utf-8"))
            for statement in policies.statements():
                await driver.execute(statement)
    finally:
        await engine.dispose()
