"""Delivers the news of the outbox to members: new insights of their datasets, and surveys that have opened."""

import asyncio
import logging

import asyncpg

from resolvers.identity import outbox
from resolvers.identity.outbox import PendingNews
from server.jobs.outbox import Outbox

log = logging.getLogger("cohorte.news")

PART_SECONDS = 0.05  # between the parts of the members


class Newsroom:
    """Delivers the outbox's news to one part of the members after another.

    Each part has its own time, counted from the first: when a member is notified depends on their id, and not on how
    many others are. A process that takes over continues with the part at which the other stopped.
    """

    def __init__(self, part_seconds: float = PART_SECONDS) -> None:
        self.part_seconds = part_seconds
        self.outbox = Outbox(self.deliver_due, outbox.NEWS_LOCK, log)

    async def deliver_due(self, connection: asyncpg.Connection) -> None:
        """Delivers all news that is due. The connection holds the lock of the outbox."""
        while due := await outbox.due_news(connection):
            await self.deliver(connection, due)

    async def deliver(self, connection: asyncpg.Connection, due: list[PendingNews]) -> None:
        """Delivers some news to all parts, in order. News that fails is postponed and does not block the others."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for part in range(outbox.PARTS):
            await asyncio.sleep(began + part * self.part_seconds - loop.time())
            for news in list(due):
                try:
                    await outbox.deliver_part(connection, news, part)
                except asyncpg.PostgresError as error:
                    # Only the error's class: its message may contain a row.
                    log.warning("news could not be delivered: %s", type(error).__name__)
                    await outbox.record_failed(connection, news)
                    due.remove(news)
