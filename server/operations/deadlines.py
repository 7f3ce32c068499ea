"""Cancels a request's work early, when its client disconnects or its time limit is reached."""

import asyncio
import time
from enum import Enum, auto
from types import TracebackType

from starlette.types import Receive

from server.operations.errors import RequestError, request_timed_out, shutting_down

GRACE_SECONDS = 0.05  # most requests are answered sooner, and watching for a disconnect costs a task


class CutOffReason(Enum):
    CLIENT_GONE = auto()
    TIME_LIMIT = auto()


class Deadlines:
    """The requests in progress: one timer begins to watch those that take longer than GRACE_SECONDS."""

    def __init__(self) -> None:
        self.begun: dict[Deadline, None] = {}  # that are not watched yet, the earliest first
        self.timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self.timer = loop.call_later(GRACE_SECONDS, self.sweep)

    def sweep(self) -> None:
        before = time.monotonic() - GRACE_SECONDS
        for deadline in tuple(self.begun):
            if deadline.begun > before:
                break
            del self.begun[deadline]
            deadline.start_watching()
        self.timer = asyncio.get_running_loop().call_later(GRACE_SECONDS, self.sweep) if self.begun else None


class Deadline:
    """Cancels the current task when the client disconnects or `seconds` have passed; `reason` says which.

    asyncpg then cancels the statement in PostgreSQL too. Enter it after the whole body has been received, since it
    consumes messages of `receive`. Raises RequestCutOff on exit, if it cancelled the task.
    """

    __slots__ = ("begun", "ends", "limit", "of", "reason", "receive", "seconds", "task", "watcher")

    def __init__(self, of: Deadlines, receive: Receive, seconds: float) -> None:
        self.of, self.receive, self.seconds = of, receive, seconds
        self.begun = time.monotonic()
        self.ends = self.begun + seconds
        self.reason: CutOffReason | None = None
        self.watcher: asyncio.Task[None] | None = None
        self.limit: asyncio.Timeout | None = None

    def __enter__(self) -> "Deadline":
        task = asyncio.current_task()
        assert task is not None
        self.task = task
        self.of.begun[self] = None
        if self.of.timer is None:
            self.of.start(task.get_loop())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.watcher is None:
            self.of.begun.pop(self, None)
        else:
            self.watcher.cancel()
        if self.reason is None or (kind is not None and kind is not asyncio.CancelledError):
            return
        # Without an exception, the work has ended with a result although it was cancelled.
        if self.task.uncancel() == 0 and kind is not None:
            raise RequestCutOff(self.reason, self.seconds) from None

    def extend(self, seconds: float) -> None:
        """Replaces the time limit: `seconds` from now."""
        self.seconds, self.ends = seconds, time.monotonic() + seconds
        if self.limit is not None:
            self.limit.reschedule(self.task.get_loop().time() + seconds)

    def error(self) -> RequestError:
        """The error to report if the task was cancelled."""
        return request_timed_out(self.seconds) if self.reason else shutting_down()

    def start_watching(self) -> None:
        self.watcher = asyncio.create_task(self.watch())

    async def watch(self) -> None:
        """Waits for a disconnect or the time limit, then cancels the task."""
        try:
            async with asyncio.timeout(max(0.0, self.ends - time.monotonic())) as self.limit:
                while (await self.receive())["type"] != "http.disconnect":
                    pass
            self.reason = CutOffReason.CLIENT_GONE
        except TimeoutError:
            self.reason = CutOffReason.TIME_LIMIT
        self.task.cancel()


class OperationDeadline:
    """The time limit of one of a socket's operations: `timeout` is to be entered around its work."""

    __slots__ = ("seconds", "timeout")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.timeout = asyncio.timeout(seconds)

    def extend(self, seconds: float) -> None:
        """Replaces the time limit: `seconds` from now."""
        self.seconds = seconds
        self.timeout.reschedule(asyncio.get_running_loop().time() + seconds)

    def error(self) -> RequestError:
        """The error to report if the operation was cancelled."""
        return request_timed_out(self.seconds) if self.timeout.expired() else shutting_down()


class RequestCutOff(Exception):
    """A request's work was cancelled for `reason`; `seconds` is the time limit that it had."""

    def __init__(self, reason: CutOffReason, seconds: float) -> None:
        super().__init__(reason.name)
        self.reason, self.seconds = reason, seconds
