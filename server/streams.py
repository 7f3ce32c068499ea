"""The only place that knows which answers are still open, and ends them: a session revoked, the server on its way out.

An answer that stays open for hours must not outlive what an answer of a moment is checked for when it is asked.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from uuid import UUID

from models.viewers import Viewer
from server.errors import Refusal
from server.sessions import KEPT_SECONDS, Sessions

log = logging.getLogger("cohorte.streams")

STOPPING_SECONDS = 2.0  # for the clients to be told
AGAIN_SECONDS = 1.0


class Ending(Enum):
    REVOKED = auto()  # the session or key is, or is no longer what it was
    STOPPING = auto()  # the server is
    SLOW = auto()  # the client does not read what it asked for
    GONE = auto()  # the client is


class Ended(Exception):
    """The stream was ended from without; `ending` says why."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.name)
        self.ending = ending


class Stream:
    """A socket, or an answer that is not over: ending it cancels the task that opened it."""

    def __init__(self, task: "asyncio.Task[object]") -> None:
        self.task = task
        self.ending: Ending | None = None
        self.viewer: Viewer | None = None
        self.hash: bytes | None = None  # of the token that it was opened with

    def end(self, ending: Ending) -> None:
        if self.ending is None:
            self.ending = ending
            self.task.cancel()


class Streams:
    """The open streams of this process."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.open: set[Stream] = set()
        self.doubted = asyncio.Event()
        self.stopping = False
        sessions.when_revoked.append(self.revoked)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Stream]:
        """A stream of the current task, within which it is cancelled when it is to end; Ended is raised then."""
        task = asyncio.current_task()
        assert task is not None
        stream = Stream(task)
        self.open.add(stream)
        if self.stopping:
            stream.end(Ending.STOPPING)
        try:
            yield stream
        finally:
            ending = stream.ending
            stream.ending = ending or Ending.GONE  # nothing cancels the task from here on
            if ending is not None:
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)  # where the cancellation has not arrived yet, it does here
            # Last, so that whoever waits for the stream to be over does so until its client can be told.
            self.open.discard(stream)
            if ending is not None:
                if task.uncancel():  # somebody else cancelled it too
                    raise asyncio.CancelledError
                raise Ended(ending) from None

    async def admit(self, stream: Stream, authorization: bytes) -> Viewer:
        """Whose stream it is from now on; raises Refusal. What is revoked meanwhile is not missed."""
        stream.hash = self.sessions.hash_of(authorization)
        stream.viewer = self.sessions.known(authorization) or await self.sessions.viewer(authorization)
        # The stream hears of revocations from here on: one that came while the token was looked up was not for it.
        if self.sessions.known(authorization) is None:
            await self.sessions.viewer(authorization)
        return stream.viewer

    def revoked(self, opened_by: UUID | None) -> None:
        """Ends the streams of a session or key; None where any may be revoked: they are looked up."""
        if opened_by is None:
            self.doubted.set()
            return
        for stream in tuple(self.open):
            if stream.viewer is not None and stream.viewer.opened_by == opened_by:
                stream.end(Ending.REVOKED)

    async def watch(self) -> None:
        """Until it is cancelled, sees to it that no stream outlives its session by a minute, whatever was not heard."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(KEPT_SECONDS):  # not wait_for(): it can lose a cancellation
                    await self.doubted.wait()
            self.doubted.clear()
            if not await self.check():
                await asyncio.sleep(AGAIN_SECONDS)
                self.doubted.set()

    async def check(self) -> bool:
        """Looks every stream's session up and ends those that are closed; False when the database did not answer."""
        for stream in tuple(self.open):
            if stream.hash is None or stream.viewer is None or stream.ending is not None:
                continue
            try:
                found = await self.sessions.look_up(stream.hash)
            except Refusal as refused:
                if refused.status != 401:
                    return False
                stream.end(Ending.REVOKED)
            except Exception as error:  # whatever it is: nobody would start the watch again
                log.warning("sessions could not be checked: %s", type(error).__name__)
                return False
            else:
                if found != stream.viewer:
                    stream.end(Ending.REVOKED)
        return True

    async def stop(self) -> None:
        """Ends every stream, and waits a little until their clients have been told."""
        self.stopping = True
        for stream in tuple(self.open):
            stream.end(Ending.STOPPING)
        waited = 0.0
        while self.open and waited < STOPPING_SECONDS:
            await asyncio.sleep(0.01)
            waited += 0.01
