"""A connection to PostgreSQL that is ended, and not waited for, if nobody answers at its other end."""

import asyncio
import socket
from typing import Any

import asyncpg

CONNECT_SECONDS = 5.0  # for a new connection to be open
ANSWER_SECONDS = 1.0  # for PostgreSQL to confirm that a statement is cancelled, which takes it some milliseconds
QUIET_SECONDS, PROBE_SECONDS, PROBES = 10, 3, 3  # without a packet, before and between the kernel's probes
UNACKNOWLEDGED_SECONDS = 10  # of what was sent
COMMIT = "COMMIT;"  # as asyncpg's transactions send it

# The same for PostgreSQL's end: the locks of a process whose host is gone are free after that. Not for Unix sockets.
KEEPALIVES = {
    "tcp_keepalives_idle": str(QUIET_SECONDS),
    "tcp_keepalives_interval": str(PROBE_SECONDS),
    "tcp_keepalives_count": str(PROBES),
    "tcp_user_timeout": str(UNACKNOWLEDGED_SECONDS * 1000),
}
# Linux's names, and macOS's for the first. What a system lacks is left out.
OPTIONS = {
    "TCP_KEEPIDLE": QUIET_SECONDS,
    "TCP_KEEPALIVE": QUIET_SECONDS,
    "TCP_KEEPINTVL": PROBE_SECONDS,
    "TCP_KEEPCNT": PROBES,
    "TCP_USER_TIMEOUT": UNACKNOWLEDGED_SECONDS * 1000,
}


class BoundedConnection(asyncpg.Connection):
    """A connection of which no wait lasts for ever, however silent its other end is.

    asyncpg waits without end for a cancelled statement, before anything else is done on its connection. Here, that ends
    the connection after ANSWER_SECONDS. The kernel ends one whose host is gone.

    A COMMIT is never cancelled: PostgreSQL, which may wait for a standby to confirm it, would stop waiting and show the
    transaction to others, although a failover may lose it. The connection is ended instead; PostgreSQL goes on waiting.
    """

    __slots__ = ("_commits", "_unanswered")

    _loop: asyncio.AbstractEventLoop
    _cancellations: set["asyncio.Task[None] | None"]

    def __init__(self, protocol: Any, transport: Any, loop: Any, *more: Any) -> None:
        super().__init__(protocol, transport, loop, *more)
        self._commits = self._unanswered = False
        watch(transport.get_extra_info("socket"))

    def was_unanswered(self) -> bool:
        """Whether it was ended because nobody answered."""
        return self._unanswered

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        if query != COMMIT:
            return await super().execute(query, *args, timeout=timeout)
        self._commits = True
        try:
            done = await super().execute(query, timeout=timeout)
        except asyncpg.PostgresError:
            self._commits = False
            raise
        self._commits = False
        return done

    async def close(self, *, timeout: float | None = None) -> None:
        """Closes the connection, within ANSWER_SECONDS unless another `timeout` is given; it is closed in any case."""
        try:
            await super().close(timeout=timeout or ANSWER_SECONDS)
        except TimeoutError:
            self._unanswered = True

    async def _cancel(self, waiter: Any, cancel_waiter: Any = None) -> None:
        """asyncpg's own, which asks PostgreSQL to cancel the statement and waits until it has."""
        if self._commits:
            self._give_up()
            self._cancellations.discard(asyncio.current_task())
            return
        ending = self._loop.call_later(ANSWER_SECONDS, self._give_up)
        try:
            await super()._cancel(waiter, cancel_waiter)  # type: ignore[misc]
        finally:
            ending.cancel()

    def _give_up(self) -> None:
        self._unanswered = True
        self.terminate()


def watch(opened: socket.socket | None) -> None:
    """Has the kernel end a TCP connection whose other end does not answer; other sockets need no such watching."""
    if opened is None or opened.family not in (socket.AF_INET, socket.AF_INET6):
        return
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in OPTIONS.items():
        if (option := getattr(socket, name, None)) is not None:
            opened.setsockopt(socket.IPPROTO_TCP, option, value)
