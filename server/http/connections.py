"""Counts open connections, refuses those over a limit, and ends those whose clients keep the server waiting."""

import asyncio
import time
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cachetools import LRUCache

from server.callers.paces import Pace
from server.callers.tallies import Tally
from server.http.addresses import IPNetwork, peer_address
from settings import Limits

SWEEP_SECONDS = 1.0  # how late, at most, a deadline is noticed
# Frames of all WebSockets of one address: of a house with many members, each may open a page at the same time.
FRAMES_AT_ONCE, FRAMES_A_SECOND = 2_000, 1_000
ADDRESSES = 10_000  # of which it is known how many frames they have sent
SHARE_TO_READ = 8_192  # bytes of what waits for a client that it has to take in each `unread_seconds`


class Waiting(Protocol):
    """The protocol of a connection, which knows what its client still owes."""

    def expired(self) -> None:
        """The client has not sent in time what was expected of it."""


@dataclass(eq=False, slots=True)
class OpenConnection:
    """An open connection: until when its client must send something, and how much of its responses is unread."""

    transport: asyncio.Transport
    address: str | None  # None: unknown, or a trusted proxy's, which serves many clients
    protocol: Waiting
    due: float | None = None  # by the monotonic clock; None: it is the server's turn
    unread: int = 0  # bytes that wait for the client; the most since it last took its share
    unread_since: float = 0.0
    share_since: float = 0.0


class TooManyConnections(Exception):
    """A connection beyond a limit; `status` is the HTTP status that says which."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Connections:
    """The open connections of this process: at most `most`, of which one address has at most `most_from`.

    An IPv6 address counts as its /64 network, and a trusted proxy is limited by `most` alone. Where `most` are open,
    the connection whose client has been waited for the longest makes room for a new one: silent ones keep nobody out.
    """

    def __init__(self, limits: Limits, most: int, most_from: int, proxies: Sequence[IPNetwork]) -> None:
        self.limits, self.most, self.most_from, self.proxies = limits, most, most_from, proxies
        self.open: dict[asyncio.BaseTransport, OpenConnection] = {}
        self.from_address: Tally[str] = Tally()
        self.waiting: dict[OpenConnection, None] = {}  # for their clients; the longest first
        self.frames: LRUCache[str, Pace] = LRUCache(ADDRESSES)
        self.sweeping: asyncio.TimerHandle | None = None
        self.clock = time.monotonic
        # The other half is for the answers that wait for streams, in server/events/streams.py.
        self.most_unread = limits.unread_bytes // 2
        self.most_unread_from = self.most_unread // 2
        shortest = min(limits.head_seconds, limits.request_seconds, limits.idle_seconds, limits.unread_seconds)
        self.sweep_seconds = min(SWEEP_SECONDS, shortest / 4)

    def admit(self, transport: asyncio.Transport, protocol: Waiting, host: str | None) -> OpenConnection:
        """A new connection from the address `host`, which has to send a request. Raises TooManyConnections."""
        address = None if host is None else peer_address(host, self.proxies)
        if address is not None and self.from_address[address] >= self.most_from:
            raise TooManyConnections(429)
        if len(self.open) >= self.most and not self.make_room():
            raise TooManyConnections(503)
        connection = self.open[transport] = OpenConnection(transport, address, protocol)
        if address is not None:
            self.from_address[address] += 1
        self.wait(connection, self.limits.head_seconds)
        if self.sweeping is None:
            self.sweeping = asyncio.get_running_loop().call_later(self.sweep_seconds, self.sweep)
        return connection

    def frames_from(self, address: str) -> Pace:
        """The pace of the frames from an address, which outlasts its connections."""
        return self.frames.setdefault(address, Pace(FRAMES_AT_ONCE, FRAMES_A_SECOND))

    def make_room(self) -> bool:
        """Ends the connection whose client has been waited for the longest. Returns whether there was one."""
        for connection in self.waiting:
            self.leave(connection.transport)
            connection.transport.abort()
            return True
        return False

    def leave(self, transport: asyncio.BaseTransport) -> None:
        """Forgets a connection that is closed, if it is known."""
        connection = self.open.pop(transport, None)
        if connection is None:
            return
        self.waiting.pop(connection, None)
        if connection.address is not None:
            self.from_address.remove(connection.address)

    def wait(self, connection: OpenConnection, seconds: float) -> None:
        """Expects something of the client within `seconds`."""
        if connection.transport in self.open:
            self.waiting.pop(connection, None)  # the last is the one that has been waited for the shortest
            self.waiting[connection] = None
            connection.due = self.clock() + seconds

    def work(self, connection: OpenConnection) -> None:
        """Expects nothing of the client for now."""
        self.waiting.pop(connection, None)
        connection.due = None

    def sweep(self) -> None:
        """Ends the connections whose deadlines have passed. Calls itself until none are open."""
        now = self.clock()
        unread: dict[OpenConnection, int] = {}
        for connection in tuple(self.open.values()):
            if connection.due is not None and connection.due <= now:
                connection.due = None
                connection.protocol.expired()
            if size := self.unread(connection, now):
                unread[connection] = size
        if sum(unread.values()) > self.most_unread_from:
            self.drop_unread(unread)
        self.sweeping = None
        if self.open:
            self.sweeping = asyncio.get_running_loop().call_later(self.sweep_seconds, self.sweep)

    def unread(self, connection: OpenConnection, now: float) -> int:
        """The bytes that wait for a client. Ends its connection if it has not taken its share of them in time."""
        size = connection.transport.get_write_buffer_size()
        if not size:
            connection.unread = 0
        elif not connection.unread:
            connection.unread, connection.unread_since, connection.share_since = size, now, now
        elif connection.unread - size >= SHARE_TO_READ:
            connection.unread, connection.share_since = size, now
        elif now - connection.share_since >= self.limits.unread_seconds:
            connection.transport.abort()
            return 0
        else:
            connection.unread = max(size, connection.unread)
        return size

    def drop_unread(self, unread: dict[OpenConnection, int]) -> None:
        """Ends connections until few enough bytes wait for all clients, and for those of one address.

        They are those of the address for which most do, and of these the one that has had something unread for the
        longest first. A trusted proxy's connections are of many clients, and each is taken by itself.
        """
        behind: dict[Hashable, deque[OpenConnection]] = {}
        bytes: Tally[Hashable] = Tally()
        for connection in sorted(unread, key=lambda connection: connection.unread_since):
            address: Hashable = connection.address or connection
            behind.setdefault(address, deque()).append(connection)
            bytes[address] += unread[connection]
        while bytes:
            ((most_of, most),) = bytes.most_common(1)
            if most <= self.most_unread_from and bytes.total() <= self.most_unread:
                return
            connection = behind[most_of].popleft()
            connection.transport.abort()
            bytes.remove(most_of, unread[connection])
