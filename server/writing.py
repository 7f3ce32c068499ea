"""Answers a mutation whose time is over: once something is committed, with all that can still be said."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from models.database import Connection
from resolvers.transactions import Write
from server.errors import RequestError

T = TypeVar("T")


class Writing:
    """One mutation operation. Cancelled before its first commit, it leaves nothing behind and has no answer.

    From then on it is not cancelled but cut short: what still has to be awaited fails at its place in the answer.
    """

    def __init__(self) -> None:
        self.committed = False
        self.error: RequestError | None = None  # with which everything fails since it was cut short
        self.open: set[asyncio.Timeout] = set()

    async def answered(self, work: Coroutine[Any, Any, T], reason: Callable[[], RequestError]) -> T:
        """The result of `work`. If the caller is cancelled after a commit, `reason` says what its steps fail with.

        Raises CancelledError if the caller is cancelled before.
        """
        task = asyncio.create_task(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self.error = reason()
            if self.committed:
                for timeout in self.open:
                    timeout.reschedule(0)
            else:
                task.cancel()
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                task.cancel()
                await asyncio.wait([task])
            return task.result()

    async def step(self, work: Awaitable[T]) -> T:
        """The result of `work`, which a resolver returned. Raises RequestError once the operation is cut short."""
        if self.error is not None:
            if asyncio.iscoroutine(work):
                work.close()
            raise self.error
        try:
            async with asyncio.timeout(None) as timeout:
                self.open.add(timeout)
                try:
                    return await work
                finally:
                    self.open.discard(timeout)
        except TimeoutError:
            if self.error is None:
                raise
            raise self.error from None

    def carrying(self, opened: Write) -> Write:
        """The same transactions; after the commit of one, the operation is answered whatever happens."""

        @asynccontextmanager
        async def write() -> AsyncIterator[Connection]:
            transaction = opened()
            connection = await transaction.__aenter__()
            try:
                yield connection
            except BaseException as error:
                if not await transaction.__aexit__(type(error), error, error.__traceback__):
                    raise
                return
            await uncut(transaction.__aexit__(None, None, None))
            self.committed = True

        return write


async def uncut(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, even if the caller is cancelled meanwhile: a COMMIT that was sent cannot be recalled."""
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise
    return task.result()
