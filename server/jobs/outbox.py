"""Works through the outbox: one process at a time for each kind of work, woken by new entries."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import asyncpg

from models.failures import reason
from resolvers.identity import outbox
from resolvers.leases import end_when_silent

# What is due for another attempt is not announced, nor is the end of a process that held the lock. Each check is a
# statement, too, by which PostgreSQL knows that this process is there.
CHECK_SECONDS = 10.0
PAUSES_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)

Due = TypeVar("Due")


class Outbox:
    """Calls `work` with a connection whenever something may be due, as long as no other process does the same work.

    Every process is notified of new entries; the one that holds `lock` works. It also looks every `check_seconds`,
    which are CHECK_SECONDS unless given, and while it sends every `sending_seconds`, which are the same unless given.
    """

    def __init__(
        self,
        work: Callable[[asyncpg.Connection], Awaitable[None]],
        lock: int,
        log: logging.Logger,
        check_seconds: float | None = None,
        sending_seconds: float | None = None,
    ) -> None:
        self.work = work
        self.lock = lock
        self.log = log
        self.check_seconds = CHECK_SECONDS if check_seconds is None else check_seconds
        self.sending_seconds = self.check_seconds if sending_seconds is None else sending_seconds
        self.wake = asyncio.Event()

    async def run(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        """Works until cancelled; reconnects after an error, with growing pauses."""
        failures = 0
        while True:
            try:
                connection = await connect()
                try:
                    await end_when_silent(connection)
                    await connection.add_listener(outbox.CHANNEL, self.notified)
                    connection.add_termination_listener(self.notified)
                    while True:
                        await self.once(connection)
                        failures = 0
                        # Not wait_for(): before Python 3.12 it loses a cancellation that comes with the event.
                        with suppress(TimeoutError):
                            async with asyncio.timeout(self.check_seconds):
                                await self.wake.wait()
                finally:
                    # Not close(): it would wait for a reply from a server that may be gone.
                    connection.terminate()
            except Exception as error:  # of any kind: nothing would restart this task
                if not failures:  # once, and not for each attempt to reconnect
                    self.log.warning("the outbox's database is unavailable: %s", reason(error))
                await asyncio.sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)])
                failures += 1

    def notified(self, *_: object) -> None:
        self.wake.set()

    async def send(
        self,
        choose: Callable[[Sequence[Due]], Awaitable[Iterable[Due]]],
        send: Callable[[Due], Coroutine[Any, Any, None]],
    ) -> None:
        """Sends several at a time until nothing is due, also what is added meanwhile.

        `choose` returns what to send beside what is being sent. Raises what either raises: the database is lost.
        """
        sending: dict[asyncio.Task[None], Due] = {}
        try:
            while True:
                self.wake.clear()
                for each in await choose(list(sending.values())):
                    sending[asyncio.create_task(send(each))] = each
                if not sending:
                    return
                await self.one_of(set(sending))
                for task in [task for task in sending if task.done()]:
                    del sending[task]
                    task.result()
        finally:
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def one_of(self, sending: set["asyncio.Task[None]"]) -> None:
        """Waits until one of these was sent, or something was added."""
        added = asyncio.create_task(self.wake.wait())
        try:
            await asyncio.wait({*sending, added}, timeout=self.sending_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            added.cancel()

    async def once(self, connection: asyncpg.Connection) -> None:
        """Does what is due, unless another process holds the lock: it has the same notifications."""
        self.wake.clear()
        if not await outbox.lock_outbox(connection, self.lock):
            return
        try:
            await self.work(connection)
        finally:
            await outbox.unlock_outbox(connection, self.lock)
