"""Who waits for a lock in PostgreSQL."""

from typing import NamedTuple

import asyncpg

# Of this database alone: a cluster has many.
WAITING = """
    SELECT DISTINCT l.pid, a.usename::text AS role, a.application_name AS name, l.locktype = 'advisory' AS advisory,
        CASE WHEN l.database = d.oid THEN l.relation::regclass::text END AS table
    FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_database d USING (datname)
    WHERE NOT l.granted AND a.datname = current_database()
"""


class Waiter(NamedTuple):
    """A session that waits, its role and name, and what for: an advisory lock, or that of a table."""

    pid: int
    role: str
    name: str
    advisory: bool
    table: str | None


async def waiters(database: asyncpg.Connection) -> list[Waiter]:
    """All sessions that wait for a lock in the database of a connection."""
    await database.execute("SELECT pg_stat_clear_snapshot()")  # in a transaction, it stays what it was at first
    return [Waiter(*row) for row in await database.fetch(WAITING)]


async def is_waiting(database: asyncpg.Connection, pid: int) -> bool:
    """Whether the session `pid` waits for a lock."""
    return pid in {waiter.pid for waiter in await waiters(database)}
