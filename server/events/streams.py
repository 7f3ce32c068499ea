"""Counts open sockets and event streams, and ends them when their session is revoked or the server stops.

A request's session is checked once, when it begins. A stream may stay open for hours, so its session is checked on.
What waits for the clients of streams is counted, too: operations are read on while their answers wait.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from uuid import UUID

from models.viewers import Viewer
from server.callers.sessions import KEPT_SECONDS, Sessions
from server.callers.tallies import Tally
from server.operations.errors import RequestError, overloaded, too_many_streams
from settings import Limits

log = logging.getLogger("cohorte.streams")

STOPPING_SECONDS = 2.0  # for clients to be notified
LARGEST_ANSWERS = 4  # that may wait for one client; more of the usual ones
RETRY_SECONDS = 1.0


class Ending(Enum):
    """Why a stream is ended."""

    REVOKED = auto()  # the session or key was revoked, has expired or has changed
    STOPPING = auto()  # the server stops
    SLOW = auto()  # the client reads its answers too slowly
    BUSY = auto()  # the server or its database cannot carry out a subscription now
    SILENT = auto()  # the client has not said who it is, and others need its place
    GONE = auto()  # the client has disconnected


class StreamEnded(Exception):
    """The stream was ended by `Stream.end`; `ending` says why."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.name)
        self.ending = ending


class Stream:
    """An open socket or event stream; ending it cancels the task that opened it."""

    def __init__(self, task: "asyncio.Task[object]", waiting: "HeldAnswers") -> None:
        self.task, self.waiting = task, waiting
        self.held = 0  # bytes of answers that wait for the client
        self.ending: Ending | None = None
        self.viewer: Viewer | None = None
        self.address: Hashable | None = None  # where a socket comes from that has not said who it is
        self.caller: Hashable | None = None  # who it is counted for; None before it is admitted
        self.hash: bytes | None = None  # SHA-256 of the token that opened it

    def end(self, ending: Ending) -> None:
        """Cancels the stream's task; the first ending counts."""
        if self.ending is None:
            self.ending = ending
            self.task.cancel()

    def hold(self, size: int) -> None:
        """Counts bytes of an answer that begin to wait for the client, or with a negative size no longer do."""
        self.waiting.hold(self, size)


class HeldAnswers:
    """The bytes of answers that wait for the clients of all streams: at most `most_of_one` stream's, and `most` in all.

    Those of all streams of one caller are at most half of them. Beyond that it ends the stream, or, of the caller for
    whom most is waiting, the one for which something has been waiting for the longest.
    """

    def __init__(self, most_of_one: int, most: int) -> None:
        self.most_of_one, self.most = most_of_one, most
        self.most_of_caller = max(most_of_one, most // 2)
        self.bytes = 0
        self.of_caller: Tally[Hashable] = Tally()
        self.behind: dict[Stream, None] = {}  # the streams with something waiting, the longest first

    def hold(self, stream: Stream, size: int) -> None:
        if not stream.held:
            self.behind[stream] = None
        stream.held += size
        self.bytes += size
        self.of_caller.add(stream.caller, size)
        if not stream.held:
            del self.behind[stream]
        elif stream.held > self.most_of_one:
            stream.end(Ending.SLOW)
        elif self.bytes > self.most or self.of_caller[stream.caller] > self.most_of_caller:
            self.end_oldest()

    def end_oldest(self) -> None:
        """Ends streams until those that are left have few enough bytes waiting."""
        of_callers: dict[Hashable, deque[Stream]] = {}
        bytes: Tally[Hashable] = Tally()
        for stream in self.behind:
            if stream.ending is None:  # the others are on their way
                of_callers.setdefault(stream.caller, deque()).append(stream)
                bytes[stream.caller] += stream.held
        while bytes:
            ((caller, most),) = bytes.most_common(1)
            if most <= self.most_of_caller and bytes.total() <= self.most:
                return
            stream = of_callers[caller].popleft()
            stream.end(Ending.SLOW)
            bytes.remove(caller, stream.held)


class Streams:
    """The open streams of this process: some of each caller, and at most half of the `connections` it may have.

    Those of callers who have not signed in are at most a quarter of the connections, so that they keep out no members.
    Sockets that have not said who they are have an eighth, of which one address has a quarter. Among them the one that
    has been waited for the longest makes room for the next: who says it at once is kept out by nobody's silence.
    """

    def __init__(self, sessions: Sessions, limits: Limits, connections: int) -> None:
        self.sessions = sessions
        self.most_of_one, self.most, self.most_anonymous = limits.streams, connections // 2, connections // 4
        self.waiting = HeldAnswers(LARGEST_ANSWERS * limits.answer_bytes, limits.unread_bytes // 2)
        self.open: set[Stream] = set()
        self.of_caller: Tally[Hashable] = Tally()
        self.anonymous = 0
        self.silent: dict[Stream, None] = {}  # sockets that have not said who they are, the longest first
        self.silent_from: Tally[Hashable] = Tally()  # by their addresses
        self.most_silent = max(1, connections // 8)
        self.most_silent_from = max(1, connections // 32)
        self.check_needed = asyncio.Event()
        self.stopping = False
        sessions.when_revoked.append(self.revoked)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Stream]:
        """A stream of the current task, which `Stream.end` cancels. Raises StreamEnded on exit if it was ended."""
        task = asyncio.current_task()
        assert task is not None
        stream = Stream(task, self.waiting)
        self.open.add(stream)
        if self.stopping:
            stream.end(Ending.STOPPING)
        try:
            yield stream
        finally:
            ending = stream.ending
            stream.ending = ending or Ending.GONE  # from here on nothing cancels the task
            if ending is not None:
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)  # a cancellation that has not arrived yet arrives here
            # Last, so that stop() waits until the client can be notified.
            self.open.discard(stream)
            self.discount(stream)
            if ending is not None:
                if task.uncancel():  # it was also cancelled from elsewhere
                    raise asyncio.CancelledError
                raise StreamEnded(ending) from None

    def check_room(self) -> None:
        """Raises RequestError if no further stream may be opened."""
        if len(self.open) >= self.most:
            raise overloaded()

    def expect(self, stream: Stream, address: Hashable) -> None:
        """Counts a new socket from this address until it is counted for its caller, and makes room for it."""
        self.silent[stream] = None
        stream.address = address
        self.silent_from[address] += 1
        if self.silent_from[address] > self.most_silent_from:
            self.end_silent(next(each for each in self.silent if each.address == address))
        elif len(self.silent) > self.most_silent:
            self.end_silent(next(iter(self.silent)))

    def end_silent(self, stream: Stream) -> None:
        self.heard(stream)
        stream.end(Ending.SILENT)

    def heard(self, stream: Stream) -> None:
        """Counts a socket as silent no longer."""
        if stream in self.silent:
            del self.silent[stream]
            self.silent_from.remove(stream.address)

    def count(self, stream: Stream, caller: Hashable) -> None:
        """Counts a stream for its caller. Raises RequestError if they have too many, or all callers have."""
        self.heard(stream)
        if self.of_caller[caller] >= self.most_of_one:
            raise too_many_streams(self.most_of_one)
        if stream.viewer is None:
            if self.anonymous >= self.most_anonymous:
                raise overloaded()
            self.anonymous += 1
        stream.caller = caller
        self.of_caller[caller] += 1

    def discount(self, stream: Stream) -> None:
        self.heard(stream)
        if stream.caller is not None:
            self.anonymous -= stream.viewer is None
            self.of_caller.remove(stream.caller)

    async def admit(self, stream: Stream, authorization: bytes) -> Viewer:
        """Sets the stream's viewer and returns it. Raises RequestError if the token or key is not valid.

        A revocation during the look-up is not missed.
        """
        stream.hash = self.sessions.hash_of(authorization)
        stream.viewer = self.sessions.known(authorization) or await self.sessions.viewer(authorization)
        # Revocations reach the stream from here on. One that came during the look-up emptied the cache: look up again.
        if self.sessions.known(authorization) is None:
            await self.sessions.viewer(authorization)
        return stream.viewer

    def revoked(self, opened_by: UUID | None) -> None:
        """Ends the streams of a revoked session or key. None if any may be revoked: `watch` then checks all of them."""
        if opened_by is None:
            self.check_needed.set()
            return
        for stream in tuple(self.open):
            if stream.viewer is not None and stream.viewer.opened_by == opened_by:
                stream.end(Ending.REVOKED)

    async def watch(self) -> None:
        """Checks the streams' sessions until cancelled; a stream ends within KEPT_SECONDS of a missed revocation."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(KEPT_SECONDS):  # not wait_for(): it can lose a cancellation
                    await self.check_needed.wait()
            self.check_needed.clear()
            if not await self.check():
                await asyncio.sleep(RETRY_SECONDS)
                self.check_needed.set()

    async def check(self) -> bool:
        """Looks up every stream's session and ends those that are not valid. False if the database is unavailable."""
        for stream in tuple(self.open):
            if stream.hash is None or stream.viewer is None or stream.ending is not None:
                continue
            try:
                found = await self.sessions.look_up(stream.hash)
            except RequestError as error:
                if error.status != 401:
                    return False
                stream.end(Ending.REVOKED)
            except Exception as error:  # of any kind: nothing would restart the watch
                log.warning("sessions could not be checked: %s", type(error).__name__)
                return False
            else:
                if found.speaking(stream.viewer.language) != stream.viewer:
                    stream.end(Ending.REVOKED)
        return True

    async def stop(self) -> None:
        """Ends every stream, and waits up to STOPPING_SECONDS until their clients have been notified."""
        self.stopping = True
        for stream in tuple(self.open):
            stream.end(Ending.STOPPING)
        waited = 0.0
        while self.open and waited < STOPPING_SECONDS:
            await asyncio.sleep(0.01)
            waited += 0.01
