"""Sets the clock of a test's database, on which every comparison of a day with the present is based."""

from datetime import datetime

import asyncpg


async def set_clock(owner: asyncpg.Connection, moment: datetime | None) -> None:
    """Stops the clock at `moment` for every connection to the database; None makes it run again."""
    now = "pg_catalog.now()" if moment is None else f"'{moment.isoformat()}'::pg_catalog.timestamptz"
    await owner.execute(
        "CREATE OR REPLACE FUNCTION catalog.clock() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE"
        f" AS $$ SELECT {now} $$"
    )
