"""The only place that ends a request's work before it is done: its client has gone, or its time is up."""

import asyncio
from enum import Enum, auto
from types import TracebackType

from starlette.types import Receive

PATIENCE_SECONDS = 0.05  # most answers are there sooner, and watching for the client costs a task


class Ended(Enum):
    GONE = auto()
    LATE = auto()


class Deadline:
    """Cancels the task it is entered in when the client goes or `seconds` have passed; `ended` says which it was.

    asyncpg then cancels the statement in PostgreSQL too. To be entered when the body has been received whole.
    """

    __slots__ = ("ended", "limit", "receive", "seconds", "task", "timer", "watcher")

    def __init__(self, receive: Receive, seconds: float) -> None:
        self.receive = receive
        self.seconds = seconds
        self.ended: Ended | None = None
        self.watcher: asyncio.Task[None] | None = None
        self.limit: asyncio.Timeout | None = None

    def __enter__(self) -> "Deadline":
        task = asyncio.current_task()
        assert task is not None
        self.task = task
        self.timer = task.get_loop().call_later(PATIENCE_SECONDS, self.begin)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.timer.cancel()
        if self.watcher is not None:
            self.watcher.cancel()
        if self.ended is not None and kind is asyncio.CancelledError and self.task.uncancel() == 0:
            raise TooLate(self.ended, self.seconds) from None

    def allow(self, seconds: float) -> None:
        """Gives it so many seconds from now on, in the place of what it had."""
        self.seconds = seconds
        if self.limit is not None:
            self.limit.reschedule(self.task.get_loop().time() + seconds)

    def begin(self) -> None:
        self.watcher = asyncio.create_task(self.watch())

    async def watch(self) -> None:
        try:
            async with asyncio.timeout(max(0.0, self.seconds - PATIENCE_SECONDS)) as self.limit:
                while (await self.receive())["type"] != "http.disconnect":
                    pass
            self.ended = Ended.GONE
        except TimeoutError:
            self.ended = Ended.LATE
        self.task.cancel()


class TooLate(Exception):
    """The work was cut off; `ended` says why, `seconds` how much time it had."""

    def __init__(self, ended: Ended, seconds: float) -> None:
        super().__init__(ended.name)
        self.ended, self.seconds = ended, seconds
