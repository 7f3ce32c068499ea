"""The only place for the publisher's transactions as the server opens them, after each of which the head is kept."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import wraps

from models.viewers import Viewer
from models.viewing import Connection
from resolvers import ledger
from resolvers.due import Task
from server.connections import Connections
from server.errors import unavailable
from server.heads import Forgotten, KeptHead

log = logging.getLogger("cohorte.ledger")

CONNECTIONS = 2  # publishers of one dataset wait for one another anyway
FORGOTTEN = "The server's database lacks results that were published. Publishing is suspended until this is repaired."
STATEMENT_SECONDS = 60.0  # a wave's records are made in one statement, in seconds


class Publishing:
    """The publisher's connections, and where the register's head is kept outside of the database."""

    def __init__(self, connections: Connections, kept: KeptHead) -> None:
        self.connections, self.kept = connections, kept

    @asynccontextmanager
    async def write(self, viewer: Viewer) -> AsyncIterator[Connection]:
        """A transaction as the publisher, on behalf of `viewer`.

        Raises Refusal when the database does not answer, or has forgotten what was published from it.
        """
        async with self.connections.write(viewer) as connection:
            try:
                # It may have come back, from a backup or a standby, to a server that was there all the while.
                await self.kept.refuse_forgetful(connection)
            except Forgotten as forgotten:
                log.error("%s", forgotten)
                raise unavailable(FORGOTTEN) from None
            yield connection
            head = await ledger.head(connection)
        self.kept.keep(head)

    async def begin(self) -> None:
        """Raises Forgotten where the database lacks what was published, and Refusal where it does not answer."""
        head = await self.connections.ask(self.kept.refuse_forgetful)
        log.info("the ledger has %d entries; the hash of the last is %s", head.position, head.hash.hex())

    def tasks(self, tasks: Sequence[Task]) -> tuple[Task, ...]:
        """What is due, which publishes too: done where the database has forgotten nothing, and its head is kept."""
        return (*(self._unless_forgotten(task) for task in tasks), self._keep)

    def _unless_forgotten(self, task: Task) -> Task:
        @wraps(task)
        async def checked(connection: Connection) -> None:
            await self.kept.refuse_forgetful(connection)
            await task(connection)

        return checked

    async def _keep(self, connection: Connection) -> None:
        await self.kept.refuse_forgetful(connection)
