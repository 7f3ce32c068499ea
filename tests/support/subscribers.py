"""Subscribes as a client does, over sockets and event streams, and publishes events."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.events.broker import CHANNEL
from server.events.sockets import PROTOCOL
from server.events.streams import Streams
from tests.support.client import ANYBODY, Ask, Caller
from tests.support.eventually import until

WAIT_SECONDS = 60.0  # so that a busy machine fails no test
POST_ADDED = "subscription($discussion: ID!) { postAdded(discussion: $discussion) { body author { pseudonym } } }"
# A post that is selected so often that a few events fill a connection.
LONG_POST_ADDED = POST_ADDED.replace("body", " ".join(["body", *(f"b{number}: body" for number in range(24))]))


@dataclass
class Socket:
    """A client's socket; waiting for a message that does not come fails the test."""

    connection: ClientConnection

    async def send(self, type: str, **more: Any) -> None:
        await self.connection.send(json.dumps({"type": type, **more}))

    async def subscribe(self, id: str, query: str, variables: Mapping[str, Any] | None = None) -> None:
        await self.send("subscribe", id=id, payload={"query": query, "variables": variables})

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_SECONDS):
            text = await self.connection.recv()
        assert isinstance(text, str)  # a browser would receive a Blob
        message: dict[str, Any] = json.loads(text)
        return message

    async def data(self, id: str) -> Any:
        """The data of the next message, which must be a result of this operation."""
        message = await self.receive()
        assert (message["type"], message["id"], list(message["payload"])) == ("next", id, ["data"])
        return message["payload"]["data"]

    async def closed(self) -> tuple[int, str]:
        """The code and reason with which the server closes the socket, after any other messages."""
        async with asyncio.timeout(WAIT_SECONDS):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""

    async def quiet(self) -> bool:
        """Whether no message arrives until a ping is answered, and shortly after."""
        await self.send("ping")
        if await self.receive() != {"type": "pong"}:
            return False
        try:
            await asyncio.wait_for(self.connection.recv(), 0.1)
        except TimeoutError:
            return True
        return False


@contextlib.asynccontextmanager
async def dialled(ask: Ask, path: str = "/graphql", **how: Any) -> AsyncIterator[Socket]:
    """A socket before its first message."""
    address = str(ask.http.base_url.join(path)).replace("http", "ws", 1)
    async with connect(address, **{"subprotocols": [PROTOCOL], "proxy": None, "close_timeout": 2} | how) as connection:
        yield Socket(connection)


@contextlib.asynccontextmanager
async def socket(ask: Ask, who: Caller = ANYBODY, **how: Any) -> AsyncIterator[Socket]:
    """A socket of `who`, initialised."""
    async with dialled(ask, **how) as made:
        await made.send("connection_init", payload=who.headers)
        assert await made.receive() == {"type": "connection_ack"}
        yield made


@dataclass
class EventStream:
    """A client's event stream: its response, and its events as they come."""

    response: httpx.Response
    lines: AsyncIterator[str]

    async def receive(self) -> tuple[str, Any]:
        """The next event and its data; a comment is `:`, the end is ""."""
        async with asyncio.timeout(WAIT_SECONDS):
            kind = await anext(self.lines, "")
            if kind in ("", ":"):
                assert await anext(self.lines, "") == ""
                return kind, None
            data = await anext(self.lines)
            assert await anext(self.lines) == ""
        assert kind.startswith("event: ")
        assert data.startswith("data: ")
        return kind[7:], json.loads(data[6:]) if data[6:] else None


@contextlib.asynccontextmanager
async def event_stream(
    ask: Ask, who: Caller, query: str, variables: Mapping[str, Any] | None = None, **headers: str
) -> AsyncIterator[EventStream]:
    """The response to a POST that accepts only an event stream."""
    asked = {"query": query, "variables": variables}
    headers = {"accept": "text/event-stream"} | who.headers | headers
    async with ask.http.stream("POST", "/graphql", json=asked, headers=headers) as response:
        yield EventStream(response, lines_of(response))


async def lines_of(response: httpx.Response) -> AsyncIterator[str]:
    # Not aiter_lines(), which takes U+2028 for a line's end.
    rest = ""
    async for text in response.aiter_text():
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            yield line


async def announce(connection: asyncpg.Connection, kind: str, subject: UUID, about: UUID | None = None) -> None:
    """Publishes an event, as a statement that writes does in its transaction."""
    event = {"kind": kind, "subject": str(subject), "about": None if about is None else str(about)}
    await connection.execute("select pg_notify($1, $2)", CHANNEL, json.dumps(event))


async def subscribed(ask: Ask, number: int) -> None:
    """Waits until there are this many subscribers."""
    assert ask.app.endpoint is not None
    feeds = ask.app.endpoint.feeds
    await until(lambda: sum(len(feed.followers) for feed in feeds.open.values()) == number)


async def held(ask: Ask, number: int) -> None:
    """Waits until this many sockets and streams are open."""
    streams = streams_of(ask)
    await until(lambda: len(streams.open) == number)


def streams_of(ask: Ask) -> Streams:
    assert ask.app.endpoint is not None
    return ask.app.endpoint.streams
