"""A laboratory's server, which receives what webhooks send."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Received:
    """A request that came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> Any:
        return json.loads(self.body)

    def is_signed_by(self, secret: str) -> bool:
        """Whether one of the signatures is by this secret, as the specification has it."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        content = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        made = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        return f"v1,{made}" in self.headers["webhook-signature"].split(" ")


@dataclass
class Receiver:
    """Answers requests by their path, if not with 204."""

    port: int = 0
    answers: dict[str, bytes] = field(default_factory=dict)  # whole ones
    hangs: set[str] = field(default_factory=set)  # paths that are never answered
    received: list[Received] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    connections: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self.answer(reader, writer)
        finally:
            self.at_once -= 1
            writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        path = first.split(" ")[1]
        body = await reader.readexactly(int(headers["content-length"]))
        self.received.append(Received(path, headers, body))
        self.arrived.set()
        if path in self.hangs:
            await reader.read()  # until the other side has given up
            return
        writer.write(self.answers.get(path, b"HTTP/1.1 204 No Content\r\n\r\n"))
        await writer.drain()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until something that was received makes the condition true."""
        async with asyncio.timeout(20):
            while not condition():
                self.arrived.clear()
                await self.arrived.wait()

    async def ones(self, count: int, path: str = "/hook") -> list[Received]:
        """The requests to a path, once there are so many."""
        await self.until(lambda: sum(each.path == path for each in self.received) >= count)
        return [each for each in self.received if each.path == path]


def answering(status: int, *headers: str, body: bytes = b"") -> bytes:
    """An answer with this status."""
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} Any", *headers, f"Content-Length: {len(body)}"))
    return head.encode() + b"\r\n" + body


@asynccontextmanager
async def receiving(**given: Any) -> AsyncIterator[Receiver]:
    """A receiver on a port of its own of 127.0.0.1; `ssl` is for TLS."""
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, **given)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
