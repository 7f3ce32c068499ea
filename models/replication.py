"""SQL about how far a standby has replayed what the primary has written. Positions are those of the write-ahead log."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from models.database import HISTORY, Connection

WRITTEN = "cohorte_written"  # the channel that notifies of accounts that have written, with the position they reached

# What every transaction that has been acknowledged has reached. Not the insert position, which on an idle primary may
# be of records that are not flushed, and so not sent to a standby, for minutes. If commits are not flushed before they
# are acknowledged, nothing less is certain.
POSITION = """
    SELECT CASE current_setting('synchronous_commit')
        WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END - '0/0'::pg_lsn
"""
ON_PRIMARY = f"SELECT {HISTORY}, ({POSITION})::bigint, true, catalog.timeline_marks()"
# A primary has no position that it has replayed.
ON_STANDBY = """
    SELECT system_identifier::text,
        CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint END,
        coalesce(pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn(), false), catalog.timeline_marks()
    FROM pg_control_system()
"""
# Any role sees how many standbys there are, and not which.
ASYNCHRONOUS = """
    SELECT current_setting('synchronous_standby_names') = '' AND NOT pg_is_in_recovery()
        AND ($1 OR EXISTS (SELECT FROM pg_stat_replication))
"""
NOTE = f"""
    SELECT p.position, CASE WHEN $1 <> '' THEN pg_notify('{WRITTEN}', $1 || ' ' || p.position) END,
        set_config('synchronous_commit', 'off', true)  -- nothing is lost with it, so it waits for no standby
    FROM (SELECT ({POSITION})::bigint AS position) p
"""  # noqa: S608 - ours
# Flushed, because positions are, and waits for no standby: it is lost to nobody.
MARK = "SELECT catalog.mark_timeline($1), set_config('synchronous_commit', 'local', true)"


async def is_asynchronous(connection: Connection, *, with_standbys: bool = False) -> bool:
    """Whether a primary acknowledges commits that none of its standbys has, if it has any, or is said to have some."""
    return bool(await connection.fetchval(ASYNCHRONOUS, with_standbys))


class LogPosition(NamedTuple):
    """How far a server has come.

    `cluster` identifies its cluster and, of a primary, the timeline. `position` is None if a primary was asked what it
    has replayed. `complete` says whether a standby has replayed all that it has received. `marks` are those that the
    primary has made, the last one first: a standby of a copy lacks those that were made after the copy.
    """

    cluster: str
    position: int | None
    complete: bool
    marks: Sequence[UUID] = ()


async def written(connection: Connection, timeout: float) -> LogPosition:
    """How far a primary has written."""
    return await log_position(connection, ON_PRIMARY, timeout)


async def replayed(connection: Connection, timeout: float) -> LogPosition:
    """How far a standby has replayed."""
    return await log_position(connection, ON_STANDBY, timeout)


async def mark(connection: Connection, seen: UUID | None, timeout: float) -> UUID | None:
    """Has a primary make another mark; it, or None if somebody else has since `seen` was the last."""
    made: UUID | None = await connection.fetchval(MARK, seen, timeout=timeout)
    return made


async def note_write(connection: Connection, account: str) -> int:
    """The position that what `account` has written before has reached, of which other servers are notified."""
    position: int = await connection.fetchval(NOTE, account)
    return position


async def log_position(connection: Connection, query: str, timeout: float) -> LogPosition:
    found = await connection.fetchrow(query, timeout=timeout)
    assert found is not None  # it has no condition
    return LogPosition(*found)
