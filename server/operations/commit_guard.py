"""Keeps a mutation's response once something is committed: from then on, it is cut short and not cancelled."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from models.database import Connection
from resolvers.transactions import OutcomeUnknown, Write
from server.operations.errors import RequestError

T = TypeVar("T")


class CommitGuard:
    """Runs one mutation operation. If it is cancelled before its first commit, it writes nothing and has no response.

    After a commit it is cut short instead: each step that is still awaited fails, as an error at its field's path.
    """

    def __init__(self) -> None:
        self.committed = False  # or may be: nobody knows
        self.error: RequestError | None = None  # raised by all steps since the operation was cut short
        self.steps: set[asyncio.Timeout] = set()  # those that are being awaited

    async def run(self, operation: Coroutine[Any, Any, T], reason: Callable[[], RequestError]) -> T:
        """The result of `operation`, which runs in a task of its own: that task has ended when this returns or raises.

        If the caller is cancelled after a commit, the remaining steps raise `reason()`. Raises CancelledError if the
        caller is cancelled before a commit.
        """
        task = asyncio.create_task(operation)
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                if self.committed and self.error is None:
                    self.error = reason()
                    for timeout in self.steps:
                        timeout.reschedule(0)
                else:
                    self.error = self.error or reason()
                    task.cancel()
        return task.result()

    async def await_step(self, work: Awaitable[T]) -> T:
        """The result of `work`, which a resolver returned. Raises RequestError once the operation is cut short."""
        if self.error is not None:
            if asyncio.iscoroutine(work):
                work.close()
            raise self.error
        try:
            async with asyncio.timeout(None) as timeout:
                self.steps.add(timeout)
                try:
                    return await work
                except OutcomeUnknown:
                    self.committed = True
                    raise
                finally:
                    self.steps.discard(timeout)
        except TimeoutError:
            if self.error is None:
                raise
            raise self.error from None

    def guarded(self, write: Write) -> Write:
        """`write`, with transactions that note their commit. A COMMIT that was sent is waited for."""

        @asynccontextmanager
        async def guarded_write() -> AsyncIterator[Connection]:
            if self.error is not None:  # it was cancelled during a COMMIT that failed: the write is not tried again
                raise asyncio.CancelledError
            transaction = write()
            connection = await transaction.__aenter__()
            try:
                yield connection
            except BaseException as error:
                if not await transaction.__aexit__(type(error), error, error.__traceback__):
                    raise
                return
            await uncancelled(transaction.__aexit__(None, None, None))
            self.committed = True

        return guarded_write


async def uncancelled(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, even if the caller is cancelled meanwhile: a COMMIT that was sent cannot be recalled."""
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            continue
    return task.result()
