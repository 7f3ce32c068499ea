"""The only place that does what falls due, now and then: in one of the processes that share a database, and once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from resolvers.due import HOUSE, Task, takes_turn

log = logging.getLogger("cohorte.due")

PERIOD_SECONDS = 30.0
# The names of the locks: what the house does and what the publisher does fall to a process each.
DUE, CLOSING = "cohorte.due", "cohorte.closing"


class Due:
    """What falls due is done by whoever holds a lock of the database's, which its connection's end sets free."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        tasks: Sequence[Task] = HOUSE,
        turn: str = DUE,
        period_seconds: float = PERIOD_SECONDS,
    ) -> None:
        self.connect = connect
        self.tasks = tasks
        self.turn = turn
        self.period_seconds = period_seconds

    async def run(self) -> None:
        """Does it until it is cancelled; a connection that breaks is made again."""
        while True:
            try:
                connection = await self.connect()
                try:
                    await self.serve(connection)
                finally:
                    # Not close(): it would wait for an answer from a server that may be gone.
                    connection.terminate()
            except Exception as error:  # whatever it is: nobody would start this task again
                log.warning("the connection for what is due was lost: %s", type(error).__name__)
            await asyncio.sleep(self.period_seconds)

    async def serve(self, connection: asyncpg.Connection) -> None:
        mine = False
        while True:
            mine = mine or await takes_turn(connection, self.turn)
            if mine:
                await self.once(connection)
            await asyncio.sleep(self.period_seconds)

    async def once(self, connection: asyncpg.Connection) -> None:
        """Every task; one that fails keeps no other from being done. Raises what a lost connection raises."""
        for task in self.tasks:
            try:
                await task(connection)
            except Exception as error:
                if connection.is_closed():
                    raise
                # The error's text may hold a row.
                log.error("%s failed: %s", getattr(task, "__name__", "a task"), type(error).__name__)
