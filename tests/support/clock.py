"""Sets the one clock of a test's database, which every comparison of a day with the present goes by."""

from datetime import datetime

import asyncpg


async def set_clock(owner: asyncpg.Connection, moment: datetime | None) -> None:
    """Makes it `moment` for every connection to the database, until it is set again; None starts it again."""
    now = "pg_catalog.now()" if moment is None else f"'{moment.isoformat()}'::pg_catalog.timestamptz"
    await owner.execute(
        "CREATE OR REPLACE FUNCTION catalog.clock() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE"
        f" AS $$ SELECT {now} $$"
    )
