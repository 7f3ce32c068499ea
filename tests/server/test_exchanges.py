"""How responses are written to their connections: small ones whole, and what an application may do otherwise."""

import asyncio
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from server.http.connections import Connections
from server.http.exchanges import JOINED_BYTES, DefaultLines, Exchange, LazyEvent, exchange_of
from server.http.protocols import Configuration, HttpProtocol
from settings import Limits
from tests.support.eventually import PATIENCE_SECONDS

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
    *messages: Message,
    request: bytes = GET % b"1.1",
    requests: int = 1,
    app: ASGIApp | None = None,
    kind: type[HttpToolsProtocol] = HttpProtocol,
) -> tuple[Transport, list[Scope]]:
    """The transport of a connection whose requests have been answered with these messages, and their scopes."""
    scopes: list[Scope] = []

    async def sending(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        for message in messages:
            await send(message)

    configuration = Configuration(
        app or sending, Connections(Limits(), 10, 10, ()), lifespan="off", log_config=None, access_log=False
    )
    configuration.load()
    transport, state = Transport(), ServerState()
    protocol = kind(configuration, state, {"of": "the lifespan"}, asyncio.get_running_loop())
    protocol.connection_made(transport)
    protocol.data_received(request * requests)
    async with asyncio.timeout(PATIENCE_SECONDS):
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


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
async def test_a_scope_is_the_one_that_uvicorn_makes(version: bytes) -> None:
    _, (ours,) = await answered(start(length(5)), body(b"hello"), request=GET % version)
    _, (theirs,) = await answered(start(length(5)), body(b"hello"), request=GET % version, kind=HttpToolsProtocol)
    assert ours == theirs


@pytest.mark.parametrize("expects", [b"", b"expect: 100-Continue\r\n"])
async def test_an_exchange_begins_as_uvicorns(expects: bytes) -> None:
    made: list[dict[str, Any]] = []
    names = set(vars(RequestResponseCycle(*[None] * 11)))  # type: ignore[arg-type]
    by_connection = {"scope", "transport", "flow", "message_event", "on_response", "logger", "access_logger", "body"}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        of = send.__self__  # type: ignore[attr-defined]
        made.append({name: getattr(of, name) for name in names - by_connection})
        assert of.body == b""
        await receive()
        await send(start(length(0)))
        await send(body(b""))

    request = b"POST / HTTP/1.1\r\nhost: x\r\n" + expects + b"content-length: 0\r\n\r\n"
    for kind in (HttpProtocol, HttpToolsProtocol):
        await answered(request=request, app=app, kind=kind)
    assert made[0] == made[1]
    assert made[0]["waiting_for_100_continue"] is bool(expects)


async def test_a_body_that_arrives_in_parts_is_whole() -> None:
    found: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append((await receive())["body"])
        await send(start(length(0)))
        await send(body(b""))

    parts = b"".join(b"5\r\n%d2345\r\n" % each for each in range(1, 5)) + b"0\r\n\r\n"
    request = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + parts
    await answered(request=request, app=app)
    await answered(request=request, app=app, kind=HttpToolsProtocol)
    assert found == [b"12345223453234542345"] * 2


async def test_a_response_wakes_whoever_waits_for_a_disconnect() -> None:
    found: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(receive, send)
        assert exchange is not None
        assert exchange.whole_body(5) == b""
        waiting: asyncio.Task[Message] = asyncio.create_task(receive())  # type: ignore[arg-type]  # a coroutine
        await asyncio.sleep(0)
        assert exchange.answer(LINES % 5, b"hello")
        async with asyncio.timeout(PATIENCE_SECONDS):
            found.append(await waiting)

    request = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"
    await answered(request=request, app=app)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not found:  # noqa: ASYNC110 - as in `answered`
            await asyncio.sleep(0)
    assert found == [{"type": "http.disconnect"}]


def test_the_lines_of_all_responses_are_those_of_this_second() -> None:
    lines = DefaultLines()
    for each in ([(b"date", b"1")], [(b"date", b"2")], []):
        expected = b"".join(b"%b: %b\r\n" % field for field in each)
        assert [lines.lines(each), lines.lines(each)] == [expected] * 2


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


LINES = b"content-type: text/plain\r\ncontent-length: %d\r\n"


@pytest.mark.parametrize(
    ("request_", "text", "at_once"),
    [
        (GET % b"1.1", b"hello", True),
        (GET % b"1.1", b"", True),
        (GET % b"1.1", b"x" * JOINED_BYTES, True),
        (GET % b"1.1", b"x" * (JOINED_BYTES + 1), False),
        (GET % b"1.0", b"hello", False),
        (b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", b"hello", False),
        (b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\n", b"hello", False),
    ],
    ids=lambda each: f"{each[:8]!r} {len(each)}" if isinstance(each, bytes) else "",
)
async def test_an_answer_at_once_has_the_bytes_of_the_two_messages(
    request_: bytes, text: bytes, *, at_once: bool
) -> None:
    done: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(receive, send)
        assert exchange is not None
        done.append(exchange.answer(LINES % len(text), text))
        if done == [False]:
            await send(start(length(len(text))))
            await send(body(b"" if scope["method"] == "HEAD" else text))
        else:
            done.append(exchange.answer(LINES % len(text), text))  # it has been sent

    found, _ = await answered(request=request_, app=app)
    sent, _ = await answered(
        start(length(len(text))), body(b"" if request_.startswith(b"HEAD") else text), request=request_
    )
    assert done == ([True, False] if at_once else [False])
    assert b"".join(found.parts) == b"".join(sent.parts)
    assert found.closed == sent.closed


async def test_a_body_is_there_at_once_unless_it_has_to_be_waited_for() -> None:
    found: list[bytes | None] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(receive, send)
        assert exchange is not None
        found.append(exchange.whole_body(5))
        if found[-1] is None:
            found.append((await receive()).get("body"))
        await send(start(length(0)))
        await send(body(b""))

    for more, expected in (
        (b"content-length: 5\r\n\r\nhello", [b"hello"]),
        (b"content-length: 6\r\n\r\nhello!", [None, b"hello!"]),  # too large
        (b"content-length: 0\r\n\r\n", [b""]),
        (b"expect: 100-continue\r\ncontent-length: 5\r\n\r\nhello", [None, b"hello"]),
        (b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", [None, b"hello"]),  # there may be more of it
    ):
        found.clear()
        await answered(request=b"POST / HTTP/1.1\r\nhost: x\r\n" + more, app=app)
        assert found == expected, more


async def test_only_the_functions_of_an_exchange_have_one() -> None:
    async def receive() -> Message:
        return {}

    async def send(message: Message) -> None:
        pass

    async def app(scope: Scope, received: Receive, sent: Send) -> None:
        found.extend(exchange_of(*both) for both in ((received, sent), (receive, sent), (received, send)))
        await sent(start(length(0)))
        await sent(body(b""))

    found: list[Exchange | None] = []
    await answered(request=GET % b"1.1", app=app)
    assert [each is not None for each in found] == [True, False, False]
    assert exchange_of([].pop, [].append) is None


async def test_an_event_that_is_made_when_it_is_waited_for_wakes_all_who_wait() -> None:
    event = LazyEvent()
    event.set()
    await event.wait()
    event.clear()
    waiting = [asyncio.create_task(event.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.sleep(0)
    event.set()
    await asyncio.wait_for(asyncio.gather(waiting[0], waiting[2]), PATIENCE_SECONDS)
    event.clear()
    again = asyncio.create_task(event.wait())
    await asyncio.sleep(0)
    assert not again.done()
    event.set()
    await asyncio.wait_for(again, PATIENCE_SECONDS)
