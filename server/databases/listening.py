"""Receives notifications of other processes, over one connection that listens on several PostgreSQL channels."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

import asyncpg

from models.failures import reason

log = logging.getLogger("cohorte.listening")

CHECK_SECONDS = 5.0  # for an answer: a connection may break without notice
PULSE_SECONDS = 0.4  # between two questions whether it still answers
PAUSES_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Listener(Protocol):
    """Receives the notifications of one channel. None is missed between `started` and `lost`."""

    channel: str

    def notified(self, connection: object, process: int, channel: str, payload: object) -> None: ...

    def started(self) -> None: ...

    def lost(self) -> None: ...


class Pulse:
    """The time until which every notification that was sent has been received.

    PostgreSQL sends a session what others have notified it of before it answers the session's next statement, so the
    answer to a statement shows that everything has arrived that was committed before the statement was sent.
    """

    def __init__(self) -> None:
        self.heard_at = -math.inf  # a monotonic time
        self.written_at = -math.inf  # when this process last committed what a request wrote
        self.woken = asyncio.Event()

    @property
    def has_heard_writes(self) -> bool:
        """Whether everything has arrived that this process has committed."""
        return self.heard_at >= self.written_at

    def note_write(self) -> None:
        """Notes a commit of this process, and asks at once."""
        self.written_at = time.monotonic()
        self.hurry()

    def hurry(self) -> None:
        """Has the connection that listens asked at once."""
        self.woken.set()


async def listen(
    connect: Callable[[], Awaitable[asyncpg.Connection]],
    listeners: Sequence[Listener],
    ready: asyncio.Event,
    when_lost: Callable[[], None] = lambda: None,
    pulse: Pulse | None = None,
) -> None:
    """Listens until cancelled; reconnects after an error, with growing pauses. `ready` is set while it listens.

    It calls `when_lost` if its connection is lost: others may be lost too. `pulse` says until when all was received.
    """
    pulse = pulse or Pulse()
    failures = 0
    while True:
        try:
            connection = await connect()
            try:
                await listen_on(connection, listeners, ready, pulse)
            finally:
                pulse.heard_at = -math.inf
                for listener in listeners:
                    listener.lost()
                # Not close(): it would wait for a reply from a server that may be gone.
                connection.terminate()
        except Exception as error:  # of any kind: nothing would restart this task
            if ready.is_set():
                failures = 0
                ready.clear()
                when_lost()
            else:
                failures += 1
            if failures == 0:  # once, and not for each attempt to reconnect
                log.warning("the connection that listens to the database was lost: %s", reason(error))
        await asyncio.sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)])


async def listen_on(
    connection: asyncpg.Connection, listeners: Sequence[Listener], ready: asyncio.Event, pulse: Pulse
) -> None:
    """Listens until the connection breaks. Raises ConnectionResetError or what a check on it raises."""
    for listener in listeners:
        await connection.add_listener(listener.channel, listener.notified)
    for listener in listeners:
        listener.started()
    ready.set()
    lost = asyncio.Event()

    def end(_: object) -> None:
        lost.set()
        pulse.hurry()

    connection.add_termination_listener(end)
    while not lost.is_set():
        pulse.woken.clear()
        before = time.monotonic()
        await connection.execute("SELECT", timeout=CHECK_SECONDS)
        pulse.heard_at = before
        # Not wait_for(): before Python 3.12 it loses a cancellation that comes with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(PULSE_SECONDS):
                await pulse.woken.wait()
    raise ConnectionResetError
