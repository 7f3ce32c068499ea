"""Has a server connect for mail, news and webhooks once there are some: three of its ten connections at a start.

Most tests have none, or wait for none.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any
from unittest import mock

import asyncpg

from resolvers.identity.outbox import CHANNEL
from server.databases.listening import Listener, listen
from server.jobs.outbox import CHECK_SECONDS, Outbox


async def has_empty_outbox(connection: asyncpg.Connection) -> bool:
    """Whether the database has an outbox, and nothing is in it."""
    try:
        return not await connection.fetchval("SELECT EXISTS (SELECT FROM identity.outbox_entry)")
    except asyncpg.UndefinedTableError:
        return False


class Noticed:
    """Listens, over the server's own connection, for the first that is put into the outbox."""

    channel = CHANNEL

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def notified(self, *_: object) -> None:
        self.event.set()

    def started(self) -> None:
        pass

    def lost(self) -> None:
        self.event.set()


@contextlib.contextmanager
def late_outboxes() -> Iterator[None]:
    """A server that starts within the block looks into the outbox from the first notification on, or a first check."""
    noticed, run_now = Noticed(), Outbox.run

    async def run(outbox: Outbox, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHECK_SECONDS):
                await noticed.event.wait()
        await run_now(outbox, connect)

    async def listen_for_it(
        connect: Callable[[], Awaitable[asyncpg.Connection]], listeners: Sequence[Listener], *more: Any
    ) -> None:
        await listen(connect, (*listeners, noticed), *more)

    with mock.patch.object(Outbox, "run", run), mock.patch("app.listen", listen_for_it):
        yield
