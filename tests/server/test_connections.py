"""Clients that send too much, too slowly or nothing, or read nothing: each is ended, and others are answered."""

import asyncio
import json
import socket as sockets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from functools import partial
from ipaddress import ip_network
from typing import Any, cast

import pytest
import pytest_asyncio

from server.events import sockets as websockets
from server.http import connections, protocols
from server.http.connections import Connections, OpenConnection
from server.http.protocols import (
    CHUNKS,
    FRAGMENTS,
    FRAMES_AT_ONCE,
    MOST_FIELDS,
    PIPELINED,
    TURN_BYTES,
    HttpProtocol,
    WebSocketProtocol,
)
from settings import Limits
from tests.support.client import Ask, Caller, serving
from tests.support.eventually import PATIENCE_SECONDS, until
from tests.support.raw import open_connections, raw
from tests.support.subscribers import dialled

WHO = "{ viewer { audience } }"
PUBLIC = b'{"data":{"viewer":{"audience":"PUBLIC"}}}'
BODY = json.dumps({"query": WHO}).encode()
KIB = 1024
CHUNKED = b"POST /%b HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"


def post(body: bytes = BODY, *more: bytes) -> bytes:
    lines = (b"POST /graphql HTTP/1.1", b"host: x", b"content-type: application/json", *more)
    return b"\r\n".join((*lines, b"content-length: %d" % len(body), b"", body))


def get(path: bytes = b"/healthz", *more: bytes) -> bytes:
    return b"\r\n".join((b"GET %b HTTP/1.1" % path, b"host: x", *more, b"", b""))


UPGRADE = get(
    b"/graphql",
    b"connection: upgrade",
    b"upgrade: websocket",
    b"sec-websocket-version: 13",
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    b"sec-websocket-protocol: " + websockets.PROTOCOL.encode(),
)
PING, PONG = b"\x89\x80\0\0\0\0", b"\x8a\0"  # as a client and as a server send them


def limited(**limits: Any) -> Limits:
    return Limits(**{"statement_seconds": 30, "request_seconds": 60, "planned_at_once": 10**9} | limits)


@pytest_asyncio.fixture
async def brief(dsn: str) -> AsyncIterator[Ask]:
    """Yields a server whose deadlines are over after a fraction of a second."""
    limits = limited(request_seconds=0.4, head_seconds=0.3, idle_seconds=0.3, unread_seconds=0.3)
    async with serving(dsn, limits=limits) as ask:
        ask.connections.limits = limits
        yield ask


@pytest.mark.parametrize(
    "head",
    [
        get(b"/healthz", b"x: " + b"y" * 33 * KIB),
        get(b"/healthz", b"x" * 33 * KIB + b": y"),
        get(b"/healthz", *(b"x%d: y" % number for number in range(5_000))),
        get(b"/healthz", *[b"a:"] * (MOST_FIELDS + 1)),
        get(b"/healthz?" + b"q" * 33 * KIB),
        get(b"/graphql?query=" + b"q" * 33 * KIB, b"graphql-require-preflight: 1"),
        post(BODY, b"x: " + b"y" * 33 * KIB),
        post(BODY, b"upgrade: h2c", b"connection: upgrade", b"x: " + b"y" * 33 * KIB),
        get(b"/graphql", b"upgrade: websocket", b"connection: upgrade", b"x: " + b"y" * 33 * KIB),
        b"\r\n" * 40 * KIB,
        b"GET /healthz HTTP/1.1\r\nx: " + b"y" * 48 * KIB,
        b"G" * 400 * KIB,
    ],
    ids=lambda head: f"{head[:20]!r}... {len(head)}",
)
@pytest.mark.parametrize("size", [1_000_000, 7_000], ids=["at once", "in parts"])
async def test_a_header_section_over_32_kib_or_100_fields_is_refused(ask: Ask, head: bytes, size: int) -> None:
    async with raw(ask) as made:
        for start in range(0, len(head), size):
            await made.send(head[start : start + size])
            await asyncio.sleep(0.001)
        assert (await made.receive())[:12] in (b"HTTP/1.1 431", b"HTTP/1.1 400", b"")
        assert not ask.connections.waiting or len(ask.connections.open) <= 1 + len(ask.connections.waiting)


async def test_the_refusal_of_a_header_section_says_why(ask: Ask) -> None:
    async with raw(ask) as made:
        await made.send(get(b"/healthz", b"x: " + b"y" * 33 * KIB))
        head, _, body = (await made.receive()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert b"connection: close" in head
        assert body == b"The request's header section is too large."


@pytest.mark.parametrize("size", [20, 31])
async def test_header_sections_up_to_the_limit_are_read(ask: Ask, size: int) -> None:
    async with raw(ask) as made:
        for _ in range(3):
            await made.send(get(b"/healthz", b"x: " + b"y" * size * KIB))
            assert (await made.answer()).startswith(b"HTTP/1.1 200")
        await made.send(post(BODY + b" " * 200 * KIB, b"x: " + b"y" * size * KIB))
        assert (await made.answer()).endswith(PUBLIC)


async def test_an_endless_header_is_not_buffered(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed, feed = 0, HttpProtocol.feed

    def counting(self: HttpProtocol, data: bytes) -> None:
        nonlocal parsed
        parsed += len(data)
        feed(self, data)

    monkeypatch.setattr(HttpProtocol, "feed", counting)
    async with raw(ask) as made:
        await made.send(b"GET /healthz HTTP/1.1\r\nx: " + b"y" * 48 * KIB * KIB)
        assert parsed <= 32 * KIB + 256_000  # and what one read of the socket takes
        assert (await ask.http.get("/healthz")).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n",
        b"G",
        b"GET /healthz HTTP/1.1\r\nhost: x\r\n",
        post()[:-1],
        post(b" " * 1000)[:-900],
        get() + b"\r\n",
        get() + b"G",
        get() + post()[:-1],
        b"GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n",
        CHUNKED % b"graphql" + b"1\r\n",
        CHUNKED % b"healthz" + b"0\r\nx: y\r\n",
        get(b"/graphql", b"upgrade: h2c", b"connection: upgrade")[:-2],
        post(BODY, b"upgrade: h2c", b"connection: upgrade")[:-1],
    ],
    ids=repr,
)
@pytest.mark.parametrize("drips", [False, True])
async def test_a_request_that_does_not_arrive_ends_the_connection(brief: Ask, sent: bytes, *, drips: bool) -> None:
    async with raw(brief) as made:
        await made.send(sent)
        end = asyncio.create_task(made.receive())
        while drips and not end.done():
            await made.send(b"\r\n" if not sent.strip() else b"x")
            await asyncio.sleep(0.02)
        await end
        assert (await brief.http.get("/healthz")).status_code == 200


@pytest.mark.parametrize("sent", [b"GET /healthz HTTP/1.1\r\nhost: x\r\n", b"G"])
async def test_a_late_head_is_answered_with_408(brief: Ask, sent: bytes) -> None:
    async with raw(brief) as made:
        await made.send(sent)
        assert (await made.receive()).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


@pytest.mark.slow
async def test_a_late_body_is_answered_by_the_endpoint_and_ends_the_connection(brief: Ask) -> None:
    async with raw(brief) as made:
        await made.send(post()[:-1])
        received = await made.receive()
        assert received.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b"did not arrive within" in received


async def test_an_idle_connection_outlives_a_load_balancers_timeout(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the settings as they are: a balancer that keeps it for a minute sends no request on one that is closed."""
    open, passed = ask.connections, 0.0
    monkeypatch.setattr(open, "clock", lambda: time.monotonic() + passed)
    async with raw(ask) as made:
        for pause in (0.0, 5.1, 60.0, Limits().idle_seconds - 1, Limits().idle_seconds + 1):
            passed += pause
            if open.sweeping is not None:
                open.sweeping.cancel()
            open.sweep()
            await made.send(get())
            if pause <= Limits().idle_seconds:
                assert (await made.answer()).startswith(b"HTTP/1.1 200"), pause
        assert await made.receive() == b""


@pytest.mark.slow
async def test_a_used_connection_stays_open_for_its_idle_time_only(dsn: str) -> None:
    limits = limited(head_seconds=0.2, idle_seconds=0.8, unread_seconds=5)
    async with serving(dsn, limits=limits) as ask, raw(ask) as made:
        for _ in range(3):
            await made.send(get())
            assert (await made.answer()).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.5)  # longer than a head may take
            assert await made.is_open()
        assert await made.receive(3) == b""


async def test_a_body_that_is_not_read_is_bounded(ask: Ask) -> None:
    """Of a request that is answered before its body has arrived, and of what is no body: extensions and trailers."""
    for head, more in (
        (get(b"/healthz", b"content-length: 1000000000"), b"x" * KIB),
        (CHUNKED % b"graphql", b"1;" + b"e" * KIB + b"\r\nx\r\n"),
        (CHUNKED % b"graphql" + b"0\r\n", b"x: " + b"y" * KIB + b"\r\n"),
        (CHUNKED % b"healthz" + b"0\r\n", b"x: " + b"y" * KIB + b"\r\n"),
    ):
        async with raw(ask) as made:
            await made.send(head)
            assert await made.send(more * 40 * KIB) < 30_000_000, head
            await made.receive()


@pytest.mark.parametrize(
    ("head", "more"),
    [(b"", b"1\r\nx\r\n"), (b"", b"3f;x\r\n" + b"x" * 63 + b"\r\n"), (b"0\r\n", b"a:\r\n")],
    ids=["chunks of a byte", "small chunks", "trailers"],
)
async def test_what_costs_the_parser_more_than_its_bytes_is_ended(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, head: bytes, more: bytes
) -> None:
    calls, kept = 0, 0
    on_header, on_body = HttpProtocol.on_header, HttpProtocol.on_body

    def header(self: HttpProtocol, name: bytes, value: bytes) -> None:
        nonlocal calls, kept
        calls += 1
        on_header(self, name, value)
        kept = max(kept, len(self.headers))

    def body(self: HttpProtocol, part: bytes) -> None:
        nonlocal calls
        calls += 1
        on_body(self, part)

    monkeypatch.setattr(HttpProtocol, "on_header", header)
    monkeypatch.setattr(HttpProtocol, "on_body", body)
    async with raw(ask) as made:
        await made.send(CHUNKED % b"graphql" + head)
        await made.send(more * 20_000)
        await made.receive()
    assert MOST_FIELDS < calls <= CHUNKS + 10
    assert kept <= 3  # those of the head


@pytest.mark.parametrize("size", [1, 50, 100])
async def test_a_body_may_arrive_in_many_chunks(ask: Ask, size: int) -> None:
    body = BODY + b" " * (CHUNKS * size - len(BODY) - size)
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(part), part)
        for part in (body[start : start + size] for start in range(0, len(body), size))
    )
    async with raw(ask) as made:
        await made.send(CHUNKED % b"graphql" + chunks + b"0\r\n\r\n")
        assert (await made.answer()).endswith(PUBLIC)


async def test_the_fields_of_trailers_are_not_those_of_the_request(dsn: str, patient: Caller) -> None:
    body = b"%x\r\n%b\r\n0\r\nauthorization: %b\r\n\r\n"
    async with serving(dsn) as ask, raw(ask) as made:
        token = patient.headers["authorization"].encode()
        await made.send(CHUNKED % b"graphql" + body % (len(BODY), BODY, token))
        assert (await made.answer()).endswith(PUBLIC)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("more", "path"),
    [
        ((b"connection: Upgrade, HTTP2-Settings", b"upgrade: h2c", b"http2-settings: AAEAAEAAAAIAAAABAAMAAABk"), b""),
        ((b"Upgrade: h2c", b"Connection: keep-alive, upgrade"), b""),
        ((b"connection: upgrade", b"upgrade: foo/2, h2c, websocket"), b""),
        ((b"connection: upgrade", b"upgrade: TLS/1.0"), b""),
        ((b"connection: upgrade", b"upgrade: "), b""),
    ],
)
async def test_other_upgrades_are_answered_as_http(
    ask: Ask, more: tuple[bytes, ...], path: bytes, *, whole: bool
) -> None:
    async with raw(ask) as made:
        for _ in range(2):  # the connection goes on
            request = post(BODY, *more)
            for part in (request,) if whole else (request[: -len(BODY)], BODY[:5], BODY[5:]):
                await made.send(part)
                await asyncio.sleep(0.01)
            answer = await made.answer()
            assert (answer[:12], answer.partition(b"\r\n\r\n")[2]) == (b"HTTP/1.1 200", PUBLIC)
            await made.send(get(b"/healthz", *more))
            assert (await made.answer()).startswith(b"HTTP/1.1 200")
        chunked = b"\r\n".join((b"5", BODY[:5], b"%x" % (len(BODY) - 5), BODY[5:], b"0", b"", b""))
        head = b"\r\n".join(
            (b"POST /graphql HTTP/1.1", b"host: x", b"content-type: application/json", b"transfer-encoding: chunked")
        )
        await made.send(b"\r\n".join((head, *more, b"", chunked)) + get())
        assert (await made.answer()).partition(b"\r\n\r\n")[2].startswith(PUBLIC)


async def test_an_upgrade_that_also_closes_is_answered_and_closed(ask: Ask) -> None:
    async with raw(ask) as made:
        await made.send(post(BODY, b"connection: close, upgrade", b"upgrade: h2c"))
        assert (await made.receive()).endswith(PUBLIC)


@pytest.mark.parametrize(
    "sent",
    [
        b"CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"CONNECT /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"nonsense\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_answered_with_400(ask: Ask, sent: bytes) -> None:
    async with raw(ask) as made:
        await made.send(sent)
        assert (await made.receive()).startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize(
    "more",
    [
        (b"host: x",),
        (b"Host: evil.example",),
        (b"content-length: 0", b"content-length: 0"),
        (b"authorization: Bearer a", b"AUTHORIZATION: Bearer b"),
        (b"content-type: text/plain", b"content-type: application/json"),
        (b"origin: https://a.example", b"origin: https://b.example"),
        (b"cookie: a=b", b"cookie: a=c"),
        (b"transfer-encoding: chunked", b"transfer-encoding: chunked"),
        (b"transfer-encoding: gzip, chunked",),
        (b"host: x", b"upgrade: h2c", b"connection: upgrade"),
        (b"host: x", b"upgrade: websocket", b"connection: upgrade"),
    ],
    ids=lambda more: more[0].decode() + more[-1].decode(),
)
async def test_a_request_with_a_second_line_of_a_single_field_is_refused(ask: Ask, more: tuple[bytes, ...]) -> None:
    async with raw(ask) as made:
        await made.send(get(b"/healthz", *more))
        assert (await made.receive()).startswith(b"HTTP/1.1 400 ")
    async with raw(ask) as made:  # nor behind a request of the same connection that is answered
        await made.send(get() + get(b"/healthz", *more))
        received = await made.receive()
        assert received.count(b"HTTP/1.1 ") <= 2
        assert received.count(b"HTTP/1.1 200") <= 1


@pytest.mark.parametrize(
    "line",
    [b"", *(b"host: " + name for name in (b"a b", b"a/b", b"u@a.example", b"a.example:8x", b"[::1", b"a,\tb", b'a"b'))],
)
async def test_a_request_without_a_host_that_can_be_read_is_refused(ask: Ask, line: bytes) -> None:
    async with raw(ask) as made:
        await made.send(b"GET /healthz HTTP/1.1\r\n" + (line + b"\r\n" if line else b"") + b"\r\n")
        assert (await made.receive()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.0\r\n",
        *(
            b"GET /healthz HTTP/1.1\r\nconnection: close\r\nhost: " + name + b"\r\n"
            for name in (b"", b"x", b"a.example:443", b"127.0.0.1:8000", b"[::1]:8000", b"x--1.example.", b"a_b", b"x:")
        ),
        # Fields that are lists may have several lines.
        get(b"/healthz", b"accept: a/b", b"accept: */*", b"via: 1.1 a", b"via: 1.1 b", b"connection: close")[:-2],
    ],
)
async def test_a_request_with_one_host_is_answered(ask: Ask, head: bytes) -> None:
    async with raw(ask) as made:
        await made.send(head + b"\r\n")
        assert b" 200 " in (await made.receive()).partition(b"\r\n")[0]


async def test_pipelined_requests_are_answered_in_order_up_to_a_number(ask: Ask) -> None:
    async with raw(ask) as made:
        await made.send(get() * (PIPELINED - 1) + post(BODY, b"connection: close"))
        received = await made.receive()
        assert received.count(b"HTTP/1.1 200") == PIPELINED
        assert received.endswith(PUBLIC)
    async with raw(ask) as made:
        await made.send(get() * 5_000)
        assert (await made.receive()).count(b"HTTP/1.1 200") <= PIPELINED + 1


async def test_a_websocket_with_a_line_that_is_too_long_is_refused(ask: Ask) -> None:
    async with raw(ask) as made:
        await made.send(UPGRADE[:-2] + b"x: " + b"y" * 20 * KIB + b"\r\n\r\n")
        assert (await made.receive()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.slow
async def test_a_message_of_endless_fragments_closes_the_socket(ask: Ask) -> None:
    async with dialled(ask) as made:

        async def fragments() -> AsyncIterator[str]:
            for _ in range(FRAGMENTS + 10):
                yield ""

        await made.connection.send(fragments())
        assert (await made.closed())[0] == 1009


class Frames(list[int]):
    """How many frames each turn of the loop has parsed, and the connections that sent them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.served: list[WebSocketProtocol] = []
        handle_events = WebSocketProtocol.handle_events

        def counted(protocol: WebSocketProtocol) -> None:
            if protocol.handshake_complete:
                self.append(len(protocol.conn.events))
                self.served.append(protocol)
            handle_events(protocol)

        monkeypatch.setattr(WebSocketProtocol, "handle_events", counted)

    def end(self) -> None:
        """Ends the connections: at the tests' pace they would wait for minutes."""
        for protocol in self.served:
            protocol.transport.abort()


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> Iterator[Frames]:
    monkeypatch.setattr(protocols, "FRAMES_A_SECOND", 1)
    monkeypatch.setattr(connections, "FRAMES_A_SECOND", 1)
    counted = Frames(monkeypatch)
    yield counted
    counted.end()


A_TURN = TURN_BYTES // len(PING) + 1


async def test_frames_without_end_are_read_at_a_pace_and_a_turn_of_the_loop_at_a_time(dsn: str, frames: Frames) -> None:
    async with serving(dsn) as ask, raw(ask) as made:  # a server of its own: the pace of an address outlasts the test
        await made.send(UPGRADE)
        assert (await made.part()).startswith(b"HTTP/1.1 101 ")
        await made.send(PING * 40_000)
        assert (await ask.http.get("/healthz")).status_code == 200
        assert FRAMES_AT_ONCE <= sum(frames) <= FRAMES_AT_ONCE + A_TURN + 10
        assert max(frames) <= A_TURN


@pytest.mark.parametrize("proxies", [(), ("127.0.0.0/8",)], ids=["direct", "behind a proxy"])
async def test_sockets_of_an_address_share_a_pace_which_outlasts_them(
    dsn: str, frames: Frames, monkeypatch: pytest.MonkeyPatch, proxies: tuple[str, ...]
) -> None:
    monkeypatch.setattr(connections, "FRAMES_AT_ONCE", 3 * FRAMES_AT_ONCE)
    forwarded = UPGRADE[:-2] + b"x-forwarded-for: 192.0.2.1\r\n\r\n"
    async with serving(dsn, trusted_proxies=proxies) as ask:
        for _ in range(8):
            async with raw(ask) as made:
                await made.send(forwarded)
                assert (await made.part()).startswith(b"HTTP/1.1 101 ")
                await made.send(PING * 2_000)
                assert (await ask.http.get("/healthz")).status_code == 200
        assert 2 * FRAMES_AT_ONCE < sum(frames) <= 3 * FRAMES_AT_ONCE + A_TURN + 80
        frames.end()


@pytest.mark.parametrize("size", [1_000_000, 5])
async def test_frames_beyond_a_turn_are_all_read(dsn: str, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(protocols, "FRAMES_A_SECOND", 1_000_000)
    monkeypatch.setattr(connections, "FRAMES_A_SECOND", 1_000_000)
    frames = PING * 2_000
    async with serving(dsn) as ask, raw(ask) as made:
        await made.send(UPGRADE)
        received = await made.part()
        for start in range(0, len(frames), size):
            await made.send(frames[start : start + size])
        async with asyncio.timeout(PATIENCE_SECONDS):
            while received.count(PONG) < 2_000:
                received += await made.part()
        assert received.endswith(PONG * 2_000)


@pytest.fixture
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the server's kernel take few bytes of what is sent, so that they wait in the process."""
    admit = Connections.admit

    def admitted(self: Connections, transport: asyncio.Transport, *given: Any) -> OpenConnection:
        transport.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 4_096)
        return admit(self, transport, *given)

    monkeypatch.setattr(Connections, "admit", admitted)


@pytest.mark.usefixtures("small_buffers")
@pytest.mark.parametrize(
    "sent",
    [
        get(b"/schema/patient.graphql"),
        get(b"/schema/patient.graphql", b"connection: close"),
        get(b"/schema/patient.graphql") * PIPELINED,
        get(b"/healthz") * PIPELINED,
    ],
)
async def test_a_client_that_does_not_read_its_answers_is_ended(brief: Ask, sent: bytes) -> None:
    async with raw(brief, buffer=4_096) as made:
        await open_connections(brief, 1)
        await made.send(sent)
        await open_connections(brief, 0)


@pytest.mark.slow
@pytest.mark.usefixtures("small_buffers")
async def test_a_client_that_reads_no_answers_to_its_pings_is_ended(dsn: str) -> None:
    async with serving(dsn, limits=limited(unread_seconds=3)) as ask, raw(ask, buffer=4_096) as made:
        await made.send(UPGRADE)
        assert (await made.part()).startswith(b"HTTP/1.1 101")
        ping = b"\x89\xfd" + b"\0" * 4 + b"x" * 125
        peak = 0
        for _ in range(40):  # 2.6 MB of answers
            await made.send(ping * 500)
            peak = max(peak, unread(ask))
            await asyncio.sleep(0)
        assert peak < 200_000
        await open_connections(ask, 0)


async def test_a_client_that_reads_slowly_gets_its_whole_answer(dsn: str) -> None:
    async with serving(dsn, limits=limited(unread_seconds=1.0)) as ask:
        whole = (await ask.http.get("/schema/patient.graphql")).content
        async with raw(ask, buffer=4_096) as made:
            await made.send(
                get(b"/schema/patient.graphql") * 10 + get(b"/schema/patient.graphql", b"connection: close")
            )
            received = b""
            async with asyncio.timeout(30):
                while part := await made.part():
                    received += part
                    await asyncio.sleep(0.001)
        assert received.count(whole) == 11


@pytest.mark.usefixtures("small_buffers")
async def test_unread_answers_are_bounded_for_all_clients_together(dsn: str) -> None:
    async with serving(dsn, limits=limited(unread_bytes=1_000_000)) as ask, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(raw(ask, buffer=4_096)) for _ in range(60)]
        before = len(ask.connections.open)
        for client in clients:
            await client.send(get(b"/schema/patient.graphql") * PIPELINED)
        await until(lambda: len(ask.connections.open) < before and unread(ask) <= 1_000_000)
        assert (await ask.http.get("/healthz")).status_code == 200


class Unread:
    """A transport with bytes that its client does not read."""

    def __init__(self, size: int) -> None:
        self.size, self.aborted = size, False

    def get_write_buffer_size(self) -> int:
        return self.size

    def abort(self) -> None:
        self.aborted = True


async def test_unread_answers_of_one_address_end_no_others() -> None:
    """Each has as much to read: five of one address, two behind a proxy, and one of each of two more addresses."""
    proxies = (ip_network("10.0.0.1"),)
    hosts = ["192.0.2.7", *["198.51.100.1"] * 5, *["10.0.0.1"] * 2, "192.0.2.8"]
    for size, ended in ((19, []), (26, [1, 2]), (48, [0, 1, 2, 3, 4]), (101, [0, 1, 2, 3, 4, 5, 6, 7, 8])):
        made = Connections(Limits(unread_bytes=400), 100, 100, proxies)
        transports = [Unread(size) for _ in hosts]
        for number, (transport, host) in enumerate(zip(transports, hosts, strict=True)):
            made.admit(cast(Any, transport), cast(Any, None), host)
            made.clock = partial(float, number)
            made.unread(made.open[cast(Any, transport)], number)
        made.sweep()
        assert made.sweeping is not None
        made.sweeping.cancel()
        assert [number for number, transport in enumerate(transports) if transport.aborted] == ended, size


def unread(ask: Ask) -> int:
    return sum(each.transport.get_write_buffer_size() for each in ask.connections.open.values())
