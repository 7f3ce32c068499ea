"""The only place that hears what other processes say: one connection that listens on a few channels of PostgreSQL's."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

import asyncpg

log = logging.getLogger("cohorte.listening")

PULSE_SECONDS = 5.0  # a connection may be dead without a word
PAUSES_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Hearer(Protocol):
    """Somebody who listens: told what is said on its channel, and from when until when nothing is missed."""

    channel: str

    def heard(self, connection: object, process: int, channel: str, payload: object) -> None: ...

    def began(self) -> None: ...

    def lost(self) -> None: ...


async def listen(
    connect: Callable[[], Awaitable[asyncpg.Connection]], hearers: Sequence[Hearer], ready: asyncio.Event
) -> None:
    """Hears until it is cancelled; a connection that breaks is made again, ever more patiently."""
    failures = 0
    while True:
        try:
            connection = await connect()
            try:
                await hear(connection, hearers, ready)
            finally:
                for hearer in hearers:
                    hearer.lost()
                # Not close(): it would wait for an answer from a server that may be gone.
                connection.terminate()
        except Exception as error:  # whatever it is: nobody would start this task again
            failures = 0 if ready.is_set() else failures + 1
            ready.clear()
            log.warning("the listening connection was lost: %s", type(error).__name__)
        await asyncio.sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)])


async def hear(connection: asyncpg.Connection, hearers: Sequence[Hearer], ready: asyncio.Event) -> None:
    for hearer in hearers:
        await connection.add_listener(hearer.channel, hearer.heard)
    for hearer in hearers:
        hearer.began()
    ready.set()
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    while not lost.is_set():
        # Not wait_for(): before Python 3.12 it loses a cancellation that comes with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(PULSE_SECONDS):
                await lost.wait()
            break
        await connection.execute("SELECT", timeout=PULSE_SECONDS)
    raise ConnectionResetError
