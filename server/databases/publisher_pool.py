"""Opens the publisher's transactions, which publish nothing from a database that was rolled back."""

import logging
from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import wraps

from models.database import Connection
from models.messages import message
from models.viewers import Viewer
from resolvers.insight.drawing import NoiseUnavailable
from resolvers.jobs import Job, PublishingJob
from server.databases.pools import ConnectionPool
from server.operations.errors import RequestError, unavailable
from server.rollbacks.rollback_guard import PublishingSuspended, RollbackGuard

log = logging.getLogger("cohorte.ledger")

CONNECTIONS = 2  # publications from one dataset are serialized anyway; each organization has one at most
NO_NOISE = message("Noise cannot be drawn right now, and nothing was charged. Please try again.")
STATEMENT_SECONDS = 60.0  # the records of many members are counted in one statement


class PublisherPool:
    """The publisher's connections, and the guard that stores the ledger's head outside the database."""

    def __init__(self, connections: ConnectionPool, guard: RollbackGuard) -> None:
        self.connections, self.guard = connections, guard

    @asynccontextmanager
    async def write(self, viewer: Viewer, caller: Hashable = None) -> AsyncIterator[Connection]:
        """A transaction as the publisher, on behalf of `viewer`.

        An organization, or a `caller` of none, holds half of the connections at most: others publish meanwhile.
        Raises RequestError if the database is unavailable, lacks ledger entries that were published, or the ledger's
        head cannot be stored outside of it, and if the process that draws noise ends, which undoes the transaction.
        """
        try:
            async with self.connections.write(viewer, viewer.organization or caller) as connection:
                # Checked each time: the database may be restored from a backup or standby while this server runs.
                before = (await self.guard.check(connection)).head
                yield connection
                appended = await self.guard.announce(connection, before)
        except PublishingSuspended as suspended:
            raise unavailable(suspended.shown) from None
        except NoiseUnavailable:
            log.error("the process that draws noise has ended: nothing was charged or published")
            raise unavailable(NO_NOISE) from None
        if appended:
            await self.settle()

    async def verify(self) -> None:
        """Checks the ledger at start-up, and logs its head; a fault is logged. Raises RequestError without a database.

        Whatever it finds, the server serves all but publishing.
        """
        try:
            head = (await self.connections.run(self.guard.check)).head
        except PublishingSuspended:
            return
        await self.settle()
        log.info("the ledger has %d entries; the hash of the last is %s", head.position, head.hash.hex())

    async def settle(self) -> None:
        """Stores the head after a commit, which stands whatever happens now: who publishes next meets a fault."""
        with suppress(RequestError):
            await self.connections.run(self.guard.settle)

    def jobs(self, jobs: Sequence[PublishingJob]) -> tuple[Job, ...]:
        """The jobs, each preceded by a check of the ledger, and one more that stores its head afterwards.

        Each raises PublishingSuspended if nothing may be published; where a place of the head is down and another shows
        that the database was not rolled back, only what publishes does.
        """
        return (*(self._checked(job) for job in jobs), self._store_head)

    def _checked(self, job: PublishingJob) -> Job:
        @wraps(job)
        async def checked(connection: Connection) -> None:
            await self.guard.check_what_is_known(connection)
            await job(connection, self.guard.guarded)

        return checked

    async def _store_head(self, connection: Connection) -> None:
        await self.guard.check(connection)
        await self.guard.settle(connection)
