"""Runs periodic jobs, in one at a time of the server processes that share a database."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import asyncpg

from models.bounded_connections import ANSWER_SECONDS
from models.failures import reason
from resolvers.jobs import MAINTENANCE, Job, Suspended, try_lock
from resolvers.leases import PULSE_SECONDS, end_when_silent, pulse

log = logging.getLogger("cohorte.due")

PERIOD_SECONDS = 30.0
# Names of the advisory locks. Maintenance and publishing have a lock each, so two processes can share the work.
MAINTENANCE_LOCK, PUBLISHING_LOCK = "cohorte.due", "cohorte.closing"


class Scheduler:
    """Runs jobs while this process holds a database lock, which is released when its connection ends.

    PostgreSQL ends the connection of a process that has fallen silent, and another process takes the lock.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        jobs: Sequence[Job] = MAINTENANCE,
        lock: str = MAINTENANCE_LOCK,
        period_seconds: float = PERIOD_SECONDS,
    ) -> None:
        self.connect = connect
        self.jobs = jobs
        self.lock = lock
        self.period_seconds = period_seconds
        self.pause_seconds = min(PULSE_SECONDS, period_seconds)
        self.first = 0  # the job that the next round begins with

    async def run(self) -> None:
        """Runs the jobs every `period_seconds` until cancelled; reconnects after an error."""
        connected = True
        while True:
            try:
                connection = await self.connect()
                connected = True
                try:
                    await self.serve(connection)
                except TimeoutError:
                    # Cancels the statement, which would otherwise go on, and keep the lock, for as long as it takes.
                    with suppress(Exception):
                        await connection.close(timeout=ANSWER_SECONDS)
                    raise
                finally:
                    # Not close(): it would wait for a reply from a server that may be gone.
                    connection.terminate()
            except Exception as error:  # of any kind: nothing would restart this task
                if connected:  # once, and not for each attempt to reconnect
                    log.warning("the scheduler's database is unavailable: %s", reason(error))
                connected = False
            await asyncio.sleep(self.pause_seconds)

    async def serve(self, connection: asyncpg.Connection) -> None:
        """Runs the jobs every `period_seconds` on this connection, once it holds the lock."""
        await end_when_silent(connection)
        while not await try_lock(connection, self.lock):  # noqa: ASYNC110 - nothing tells that it is free
            await asyncio.sleep(self.pause_seconds)
        while True:
            await self.once(connection)
            for _ in range(math.ceil(self.period_seconds / self.pause_seconds)):
                await asyncio.sleep(self.pause_seconds)
                await pulse(connection)

    async def once(self, connection: asyncpg.Connection) -> None:
        """Runs each job once. A failing job is logged and does not stop the others; a lost connection is raised.

        The next round begins after the job during which it was lost: one that always takes too long stops no other.
        """
        for index in [(self.first + place) % len(self.jobs) for place in range(len(self.jobs))]:
            job = self.jobs[index]
            try:
                await job(connection)
            except Suspended:
                continue
            except Exception as error:
                if connection.is_closed() or isinstance(error, TimeoutError):  # of a database that does not answer
                    self.first = (index + 1) % len(self.jobs)
                    raise
                # Not the error's text, which may contain a row.
                log.error("%s failed: %s", getattr(job, "__name__", "a job"), type(error).__name__)
