"""The only place for the publisher's transactions as the server opens them, after each of which the head is kept."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.viewers import Viewer
from models.viewing import Connection
from resolvers import ledger
from server.connections import Connections
from server.heads import KeptHead

log = logging.getLogger("cohorte.ledger")

CONNECTIONS = 2  # publishers of one dataset wait for one another anyway
STATEMENT_SECONDS = 60.0  # a wave's records are made in one statement, in seconds


class Publishing:
    """The publisher's connections, and where the register's head is kept outside of the database."""

    def __init__(self, connections: Connections, kept: KeptHead) -> None:
        self.connections, self.kept = connections, kept

    @asynccontextmanager
    async def write(self, viewer: Viewer) -> AsyncIterator[Connection]:
        """A transaction as the publisher, on behalf of `viewer`; raises Refusal when the database does not answer."""
        async with self.connections.write(viewer) as connection:
            yield connection
            head = await ledger.head(connection)
        self.kept.keep(head)

    async def begin(self) -> None:
        """Raises Forgotten where the database lacks what was published, and Refusal where it does not answer."""
        head = await self.connections.ask(self.kept.refuse_forgetful)
        log.info("the register has %d lines; the hash of the last is %s", head.position, head.hash.hex())

    async def keep(self, connection: Connection) -> None:
        """Keeps the head as this connection sees it: after what is due, which publishes too."""
        self.kept.keep(await ledger.head(connection))
