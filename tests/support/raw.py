"""Raw connections to a server, for clients that do not keep to HTTP or do not read."""

import asyncio
import contextlib
import socket as sockets
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tests.support.client import Ask
from tests.support.eventually import until

WAIT_SECONDS = 10


@dataclass
class Raw:
    """A client's end of a connection; it reads nothing until it is told to."""

    socket: sockets.socket

    async def send(self, data: bytes) -> int:
        """Sends as much as the server takes, before it closes or while it reads. Returns how many bytes that was."""
        loop, sent = asyncio.get_running_loop(), 0
        with contextlib.suppress(OSError, TimeoutError):
            while sent < len(data):
                part = data[sent : sent + 65_536]
                async with asyncio.timeout(1):
                    await loop.sock_sendall(self.socket, part)
                sent += len(part)
        return sent

    async def receive(self, seconds: float = WAIT_SECONDS) -> bytes:
        """Everything until the server closes; raises TimeoutError if it does not."""
        received = b""
        async with asyncio.timeout(seconds):
            while part := await self.part():
                received += part
        return received

    async def part(self) -> bytes:
        """What has arrived, at least a byte of it; nothing if the server has closed."""
        try:
            return await asyncio.get_running_loop().sock_recv(self.socket, 65_536)
        except ConnectionError:
            return b""

    async def answer(self) -> bytes:
        """A response with a Content-Length, or what came of it."""
        received = b""
        async with asyncio.timeout(WAIT_SECONDS):
            while part := await self.part():
                received += part
                head, ended, body = received.partition(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                if ended and len(body) >= int(length or 0):
                    break
        return received

    async def is_open(self) -> bool:
        """Whether the server keeps the connection and says nothing, for now."""
        try:
            return bool(await self.receive(0.05))
        except TimeoutError:
            return True


@contextlib.asynccontextmanager
async def raw(ask: Ask, *, buffer: int | None = None) -> AsyncIterator[Raw]:
    """A new connection; with `buffer`, its kernel takes few bytes that it does not read."""
    with sockets.socket() as made:
        if buffer is not None:
            made.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, buffer)
        made.setblocking(False)
        url = ask.http.base_url
        await asyncio.get_running_loop().sock_connect(made, (url.host, url.port))
        yield Raw(made)


async def open_connections(ask: Ask, number: int) -> None:
    """Waits until this many connections are open, besides the test's own client's."""
    await until(lambda: len(ask.connections.open) == number)
