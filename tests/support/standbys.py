"""Starts a streaming replica of a throw-away cluster, whose replay a test can pause."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

import asyncpg

from commands.cluster import SOCKET, THROWAWAY, SystemAccount, binaries, start
from commands.databases import at
from tests.support.clusters import quick_folder, run
from tests.support.eventually import becomes

SLOT = "tests_standby"
ON_PRIMARY = "SELECT pg_current_wal_flush_lsn()::text"
REPLAYED = "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn"
PATIENCE_SECONDS = 60


@dataclass
class Replica:
    """A standby: the superuser's address of its database "postgres", and a connection of theirs."""

    dsn: str
    superuser: asyncpg.Connection

    def address(self, database: str) -> str:
        """The address of a database without a user, as operators give it."""
        url = urlsplit(at(self.dsn, database))
        return url._replace(netloc="").geturl().replace("postgresql:/", "postgresql:///", 1)

    async def follow(self, primary: asyncpg.Connection) -> None:
        """Waits until it has replayed what is written now."""
        position = await primary.fetchval(ON_PRIMARY)
        await becomes(lambda: self.superuser.fetchval(REPLAYED, position))

    @contextlib.asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """While the block runs, it replays nothing."""
        await self.superuser.execute("SELECT pg_wal_replay_pause()")
        try:
            state = "SELECT pg_get_wal_replay_pause_state()"
            await becomes(lambda: self.superuser.fetchval(state), lambda found: found == "paused")
            yield
        finally:
            await self.superuser.execute("SELECT pg_wal_replay_resume()")


@contextlib.asynccontextmanager
async def replica(primary: str, slot: str = SLOT) -> AsyncIterator[Replica]:
    """A standby of the cluster whose superuser's address is `primary`, stopped and deleted afterwards.

    Of several, each has another `slot`.
    """
    # What it needs is kept by the primary while it is away.
    try:
        with replica_cluster(primary, slot) as dsn:
            superuser = await asyncpg.connect(dsn)
            try:
                yield Replica(dsn, superuser)
            finally:
                await superuser.close()
    finally:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:  # the primary notices in a moment that the standby has left
                with contextlib.suppress(asyncpg.ObjectInUseError):
                    await run(primary, f"SELECT pg_drop_replication_slot('{slot}')")
                    break


@contextlib.contextmanager
def replica_cluster(primary: str, slot: str) -> Iterator[str]:
    home = quick_folder()
    home.chmod(0o711)
    pgdata = home / "pgdata"
    pgdata.mkdir(mode=0o700)
    account = SystemAccount(pgdata.parent / "none")
    if account.switch:
        os.chown(pgdata, account.uid, account.gid)
    programs = binaries(home, account)
    copying = ("-c", "fast", "-X", "stream", "-R", "-C", "-S", slot, "--no-sync")
    account.run(programs / "pg_basebackup", "-d", primary, "-D", pgdata, *copying)
    account.run("/bin/rm", "-f", pgdata / f"{SOCKET}.lock")  # of the primary, whose socket is beside its files
    start(home, programs, account, (*THROWAWAY, "hot_standby=on"))
    url = urlsplit(primary)
    (folder,) = parse_qs(url.query)["host"]
    try:
        yield primary.replace(quote(folder, safe=""), quote(str(pgdata), safe=""))
    finally:
        account.run(programs / "pg_ctl", "stop", "-D", pgdata, "-m", "immediate", "-w")
        shutil.rmtree(home)
