"""Sets the clock of a test's database, or sets it back under everything that is stored."""

from datetime import datetime, timedelta

import asyncpg

# Rows of the ledger are hashed with their times: a test publishes `at` another time instead.
MOMENTS = """
    SELECT c.table_schema || '.' || c.table_name AS table, string_agg(CASE c.data_type
        WHEN 'ARRAY' THEN format('%1$I = ARRAY(SELECT x + $1 FROM unnest(%1$I) x)', c.column_name)
        ELSE format('%1$I = %1$I + $1', c.column_name) END, ', ') AS moved
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema IN ('care', 'catalog', 'identity', 'insight', 'research') AND t.table_type = 'BASE TABLE'
        AND c.udt_name IN ('timestamptz', '_timestamptz') AND c.is_generated = 'NEVER'
        AND (c.table_schema, c.table_name) <> ('insight', 'ledger_entry')
    GROUP BY 1
"""


async def set_clock(owner: asyncpg.Connection, moment: datetime | None) -> None:
    """Stops the clock at `moment` for every connection to the database; None makes it run again."""
    now = "pg_catalog.now()" if moment is None else f"'{moment.isoformat()}'::pg_catalog.timestamptz"
    await owner.execute(
        "CREATE OR REPLACE FUNCTION catalog.clock() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE"
        f" AS $$ SELECT {now} $$"
    )


async def set_back(owner: asyncpg.Connection, by: timedelta) -> None:
    """What is as if the clock had been set back: every moment that is stored becomes later by so much.

    PostgreSQL's own clock, by which moments are compared, is that of its machine. To be called as the superuser.
    """
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        for row in await owner.fetch(MOMENTS):
            await owner.execute(f"UPDATE {row['table']} SET {row['moved']}", by)
