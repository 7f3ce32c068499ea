"""Opens the publisher's transactions, and stores the ledger's head after each of them."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import wraps

from models.database import Connection
from models.messages import message
from models.viewers import Viewer
from resolvers.insight import ledger
from resolvers.jobs import Job
from server.errors import unavailable
from server.pools import ConnectionPool
from server.rollback_guard import LedgerHeadFile, LedgerRolledBack

log = logging.getLogger("cohorte.ledger")

CONNECTIONS = 2  # publications from one dataset are serialized anyway
ROLLED_BACK = message(
    "Publishing is suspended: the database lacks results that were published. Operators have to restore it."
)
STATEMENT_SECONDS = 60.0  # the records of many members are counted in one statement


class PublisherPool:
    """The publisher's connections, and the file with the ledger's head outside the database."""

    def __init__(self, connections: ConnectionPool, head_file: LedgerHeadFile) -> None:
        self.connections, self.head_file = connections, head_file

    @asynccontextmanager
    async def write(self, viewer: Viewer) -> AsyncIterator[Connection]:
        """A transaction as the publisher, on behalf of `viewer`.

        Raises RequestError if the database is unavailable, or lacks ledger entries that were published.
        """
        async with self.connections.write(viewer) as connection:
            try:
                # Checked each time: the database may be restored from a backup or standby while this server runs.
                await self.head_file.check_not_rolled_back(connection)
            except LedgerRolledBack as error:
                log.error("%s", error)
                raise unavailable(ROLLED_BACK) from None
            yield connection
            head = await ledger.head(connection)
        self.head_file.store(head)

    async def verify(self) -> None:
        """Checks the ledger at start-up, and logs its head.

        Raises LedgerRolledBack if the database lacks published entries, RequestError if it is unavailable.
        """
        head = await self.connections.run(self.head_file.check_not_rolled_back)
        log.info("the ledger has %d entries; the hash of the last is %s", head.position, head.hash.hex())

    def jobs(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """The jobs, each preceded by a check of the ledger, and one more that stores its head afterwards.

        Each raises LedgerRolledBack if the database lacks published entries.
        """
        return (*(self._checked(job) for job in jobs), self._store_head)

    def _checked(self, job: Job) -> Job:
        @wraps(job)
        async def checked(connection: Connection) -> None:
            await self.head_file.check_not_rolled_back(connection)
            await job(connection)

        return checked

    async def _store_head(self, connection: Connection) -> None:
        await self.head_file.check_not_rolled_back(connection)
