"""How responses are written to their connections: small ones whole, and what an application may do otherwise."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from server.connections import Connections
from server.exchanges import JOINED_BYTES
from server.protocols import Configuration, HttpProtocol
from settings import Limits

GET = b"GET /%%C3%%A9?a=b HTTP/%b\r\nhost: x\r\n\r\n"
TYPE = (b"content-type", b"text/plain")


class Transport(asyncio.Transport):
    """Collects what is written to it, in parts."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        self.parts.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


def start(*fields: tuple[bytes, bytes], status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": [TYPE, *fields]}


def body(text: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": text, "more_body": more}


def length(number: int) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % number


async def answered(
    *messages: Message, request: bytes = GET % b"1.1", requests: int = 1
) -> tuple[Transport, list[Scope]]:
    """The transport of a connection whose requests have been answered with these messages, and their scopes."""
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        for message in messages:
            await send(message)

    configuration = Configuration(
        app, Connections(Limits(), 10, 10, ()), lifespan="off", log_config=None, access_log=False
    )
    configuration.load()
    transport, state = Transport(), ServerState()
    protocol = HttpProtocol(configuration, state, {}, asyncio.get_running_loop())
    protocol.connection_made(transport)
    protocol.data_received(request * requests)
    async with asyncio.timeout(5):
        while state.total_requests < requests and not transport.closed:  # noqa: ASYNC110 - uvicorn has no event of it
            await asyncio.sleep(0)
    return transport, scopes


def head(*lines: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 200 OK", b"content-type: text/plain", *lines, b"", b""))


async def test_a_small_response_is_one_write() -> None:
    transport, (scope,) = await answered(start(length(5)), body(b"hello"))
    assert transport.parts == [head(b"content-length: 5") + b"hello"]
    assert not transport.closed
    kept = ("method", "path", "raw_path", "query_string", "http_version", "headers")
    assert [scope[name] for name in kept] == ["GET", "/é", b"/%C3%A9", b"a=b", "1.1", [(b"host", b"x")]]


async def test_each_request_of_a_connection_is_answered_in_turn() -> None:
    transport, scopes = await answered(start(length(5)), body(b"hello"), requests=3)
    assert transport.parts == [head(b"content-length: 5") + b"hello"] * 3
    assert len(scopes) == 3


async def test_a_head_waits_only_for_a_body_whose_length_it_states() -> None:
    transport, _ = await answered(start(), body(b"one", more=True), body(b"", more=False))
    assert transport.parts == [head(b"transfer-encoding: chunked"), b"3\r\none\r\n", b"0\r\n\r\n"]


async def test_a_body_in_parts_is_sent_in_parts() -> None:
    transport, _ = await answered(start(length(6)), body(b"one", more=True), body(b"two"))
    assert b"".join(transport.parts) == head(b"content-length: 6") + b"onetwo"


async def test_a_large_body_is_not_copied() -> None:
    large = b"x" * (JOINED_BYTES + 1)
    transport, _ = await answered(start(length(len(large))), body(large))
    assert transport.parts == [head(b"content-length: %d" % len(large)), large]


async def test_the_response_to_head_has_no_body() -> None:
    transport, _ = await answered(start(length(5)), body(b""), request=b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert b"".join(transport.parts) == head(b"content-length: 5")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (GET % b"1.0", (b"x", b"y")),
        (b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", (b"x", b"y")),
        (GET % b"1.1", (b"connection", b"close")),
        (GET % b"1.1", (b"Connection", b"close")),
    ],
)
async def test_a_connection_is_closed_after_the_last_response(request_: bytes, field: tuple[bytes, bytes]) -> None:
    transport, _ = await answered(start(length(5), field), body(b"hello"), request=request_)
    sent = b"".join(transport.parts)
    assert transport.closed
    assert sent.endswith(b"\r\n\r\nhello")
    assert sent.count(b"connection: close\r\n") == 1


@pytest.mark.parametrize(
    "messages",
    [
        (start(length(5)), body(b"hell")),
        (start(length(5)), body(b"hello!")),
        (start(length(5)),),
        (start(length(5), (b"x", b"a\r\ny: b")), body(b"hello")),
        (start(length(5), (b"x: y\r\nz", b"a")), body(b"hello")),
    ],
    ids=["too short", "too long", "missing", "line ends in a value", "line ends in a name"],
)
async def test_a_response_that_is_no_http_is_not_taken_for_one(
    messages: tuple[Message, ...], caplog: pytest.LogCaptureFixture
) -> None:
    transport, _ = await answered(*messages)
    assert transport.closed
    assert b"y: b" not in b"".join(transport.parts)
    assert b"z: a" not in b"".join(transport.parts)
