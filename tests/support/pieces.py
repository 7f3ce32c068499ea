"""Counts what each transaction writes, and for how long it holds what it has locked."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import asyncpg

from resolvers.insight import ledger

SCHEMAS = ("care", "catalog", "identity", "insight", "research")
NOTES = """
    CREATE TABLE public.written (transaction xid8 NOT NULL, name text NOT NULL, rows bigint NOT NULL);
    CREATE FUNCTION public.note_written() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO public.written SELECT pg_current_xact_id(), TG_RELID::regclass::text, count(*) FROM changed;
        RETURN NULL;
    END $$;
"""
CHANGES = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}
TABLES = """
    SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = any($1::text[]::regnamespace[])
"""
LARGEST = """
    SELECT coalesce(max(rows), 0)::integer FROM (
        SELECT sum(rows) AS rows FROM public.written GROUP BY transaction) each_transaction
"""
# Sessions that have written or locked a row, since when.
HOLDERS = """
    SELECT pid, xact_start FROM pg_stat_activity
    WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
        AND application_name <> 'others'
"""
# What other people lock, who wait for long work: each is locked for a moment over and over. Rows of members are not
# among them, since whose are locked is left out of a piece.
OTHERS = {
    "whoever leaves a dataset": "SELECT FROM insight.dataset ORDER BY id FOR KEY SHARE",
    "whoever joins": "SELECT FROM catalog.community ORDER BY id FOR NO KEY UPDATE",
    "whoever answers": "SELECT FROM catalog.survey ORDER BY id FOR NO KEY UPDATE",
    "whoever publishes": f"SELECT pg_advisory_xact_lock({ledger.LOCK})",
}
LOOK_SECONDS = 0.01
TICKS = os.sysconf("SC_CLK_TCK")  # in a second of a CPU


@dataclass
class Pieces:
    """The most rows that one transaction has written, in all tables, and how long those took that have locked rows.

    Each has the seconds that elapsed, too many by up to the time between two looks and with what the machine did
    otherwise, and those of the CPU, in the order in which they began. A test prints them, and expects nothing of them.
    """

    rows: int = 0
    seconds: dict[tuple[datetime, int], tuple[float, float]] = field(default_factory=dict)
    waits: dict[str, float] = field(default_factory=dict)  # the longest of each of `OTHERS`

    def told(self) -> str:
        """The rows, the longest times of all but the last transaction, and those of the last, which may publish."""
        if not self.seconds:
            return f"{self.rows} rows, no locked rows"
        *others, last = (self.seconds[began] for began in sorted(self.seconds))
        longest = [max(times) for times in zip(*(others or [last]), strict=True)]
        waits = ", ".join(f"{who} waits {seconds:.2f} s" for who, seconds in self.waits.items())
        times = f"{longest[0]:.2f} s ({longest[1]:.2f} of CPU), last {last[0]:.2f} ({last[1]:.2f})"
        return f"{self.rows} rows, {times}; {waits}"


async def note_pieces(database: asyncpg.Connection) -> None:
    """Has a database of the test's own note what is written. To be called as the superuser, once."""
    await database.execute(NOTES)
    for (table,) in await database.fetch(TABLES, list(SCHEMAS)):
        for change, rows in CHANGES.items():
            await database.execute(
                f"CREATE TRIGGER written_{change.lower()} AFTER {change} ON {table} REFERENCING {rows} TABLE AS changed"
                " FOR EACH STATEMENT EXECUTE FUNCTION public.note_written()"
            )


@asynccontextmanager
async def watched(dsn: str, what: str) -> AsyncIterator[Pieces]:
    """What is counted of the transactions that begin and end in the block; it prints that at the end."""
    pieces, database = Pieces(), await asyncpg.connect(dsn)
    await database.execute("TRUNCATE public.written")
    looking = [asyncio.create_task(_look(database, pieces))]
    looking += [asyncio.create_task(_lock(dsn, pieces, who, statement)) for who, statement in OTHERS.items()]
    try:
        yield pieces
    finally:
        for each in looking:
            each.cancel()
        await asyncio.wait(looking)
        await database.close()
    other = await asyncpg.connect(dsn)
    pieces.rows = await other.fetchval(LARGEST)
    await other.close()
    print(f"{what}: {len(pieces.seconds)} transactions, {pieces.told()}")  # noqa: T201 - for whoever runs it with -s


async def _look(database: asyncpg.Connection, pieces: Pieces) -> None:
    before: dict[tuple[datetime, int], float] = {}
    while True:
        now: datetime = await database.fetchval("SELECT clock_timestamp()")
        holders = {(row["xact_start"], row["pid"]) for row in await database.fetch(HOLDERS)}
        for began, pid in before.keys() | holders:  # one that is gone may have ended just now
            used = before.setdefault((began, pid), _used(pid))
            pieces.seconds[began, pid] = (now - began).total_seconds(), max(0.0, _used(pid) - used)
        before = {holder: before[holder] for holder in holders}
        await asyncio.sleep(LOOK_SECONDS)


async def _lock(dsn: str, pieces: Pieces, who: str, statement: str) -> None:
    """Locks what somebody else does, and notes for how long it has waited at most."""
    database = await asyncpg.connect(dsn, server_settings={"application_name": "others"})
    try:
        while True:
            before = time.monotonic()
            async with database.transaction():
                try:
                    await database.execute(statement)
                finally:  # also of what ends only now
                    pieces.waits[who] = max(pieces.waits.get(who, 0.0), time.monotonic() - before)
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        database.terminate()


def _used(process: int) -> float:
    """Seconds of the CPU that a process has used; 0 if it has ended."""
    try:
        numbers = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(numbers[11]) + int(numbers[12])) / TICKS
