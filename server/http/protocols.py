"""uvicorn's protocols for HTTP and WebSockets, with limits on what a client sends, leaves unsent and leaves unread."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httptools
import uvicorn
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from server.callers.paces import Pace
from server.http.addresses import client_address
from server.http.connections import Connections, OpenConnection, TooManyConnections
from server.http.exchanges import Exchange
from server.operations.requests import DRAINED

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent

BODY_GRACE_SECONDS = 2.0  # after request_seconds: the endpoint's own answer to a late body comes first
PIPELINED = 20  # requests of one connection that may wait for their turn
FRAGMENTS = 1_000  # of one WebSocket message: empty ones are not limited by its size
MOST_FIELDS = 100  # of a request, its trailers included
# Each chunk of a body is a call from the parser, so that chunks of one byte would cost a hundred times their body.
CHUNKS, CHUNK_BYTES = 1_000, 64  # of one body; beyond so many, the average has to have so many bytes
# Parsing a frame takes some 13 microseconds, and the shortest have 6 bytes: so many bytes take up to 3 milliseconds.
TURN_BYTES = 1_024
FRAMES_AT_ONCE, FRAMES_A_SECOND = 400, 200  # of one WebSocket: a client may have 100 subscriptions to begin with
# Fields that decide whose request it is and what it means. Proxies and servers that read one of two lines each could
# disagree, so a request with two is refused: RFC 9112, 3.2 and 6.3; RFC 9110, 5.3; RFC 6265, 5.4.
ONCE = frozenset(
    (b"authorization", b"content-length", b"content-type", b"cookie", b"host", b"origin", b"transfer-encoding")
)
# RFC 9110, 7.2: a name, an address in brackets or nothing, and a port.
HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]*)(:[0-9]*)?")
NOT_PASSED_ON = (b"upgrade", b"http2-settings")
REASONS = {
    400: b"Bad request.",
    408: b"The request did not arrive in time.",
    413: b"The request is too large.",
    429: b"Too many connections from this address.",
    431: b"The request's header section is too large.",
    503: b"Too many connections.",
}
RETRY = {429: b"retry-after: 5\r\n", 503: b"retry-after: 5\r\n"}


class Configuration(uvicorn.Config):
    """uvicorn's configuration, with the connections that its protocols count."""

    def __init__(self, app: Any, connections: Connections, **options: Any) -> None:
        super().__init__(app, http=HttpProtocol, ws=WebSocketProtocol, interface="asgi3", **options)
        self.connections = connections


class Part(Enum):
    """What part of a request arrives next."""

    NONE = auto()  # no request has begun
    HEAD = auto()
    BODY = auto()
    WHOLE = auto()  # it has arrived, and is being answered
    OTHER = auto()  # the connection has become a WebSocket, or is refused


class TooLarge(Exception):
    """A header section over its limit; raised in the parser's callback, where it ends the parsing."""


class TooMany(Exception):
    """A request behind too many others of its connection, or a body of too many small chunks; raised as TooLarge is."""


class Ambiguous(Exception):
    """A header section that recipients could read in two ways; raised as TooLarge is."""


class Target:
    """What a request's URL has of its path and query. Raises httptools.HttpParserError if it is malformed."""

    __slots__ = ("path", "query", "raw_path", "url")

    def __init__(self, url: bytes) -> None:
        self.url = url
        address = httptools.parse_url(url)
        path = address.path.decode("ascii")
        self.path = unquote(path) if "%" in path else path
        self.raw_path: bytes = address.path
        self.query: bytes = address.query or b""


class HttpProtocol(HttpToolsProtocol):
    """HTTP/1.1, in which every part of a request has a size and a deadline.

    A request to upgrade to anything but a WebSocket, such as `h2c`, is answered as if it did not ask for that.
    """

    config: Configuration

    def __init__(self, config: Configuration, *given: Any, **more: Any) -> None:
        super().__init__(config, *given, **more)
        self.open, self.limits = config.connections, config.connections.limits
        self.connection: OpenConnection
        self.part = Part.NONE
        self.received = 0  # bytes since the part began; more or none, if it did not begin with a chunk
        self.fields = self.chunks = self.chunk_bytes = 0  # of the request that arrives
        self.arriving: Exchange | None = None  # that whose body is being read; None for an upgrade
        self.target: Target | None = None  # of the last request: most clients send all of a connection to the same

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        try:
            self.connection = self.open.admit(transport, self, self.client[0] if self.client else None)
        except TooManyConnections as refused:
            self.refuse(refused.status)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open.leave(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before, cycle = self.part, self.cycle
        self.received = self.received + len(data) if before in (Part.HEAD, Part.BODY) else len(data)
        self.feed(data)
        after = self.part
        if after is Part.WHOLE:
            if self.cycle.response_complete:  # before the request was: it has been read and discarded
                self.idle()
            elif before is not Part.WHOLE:
                self.open.work(self.connection)
        elif after is Part.BODY:
            if before is not Part.BODY:
                self.open.wait(self.connection, self.limits.request_seconds + BODY_GRACE_SECONDS)
            elif self.received > 2 * DRAINED * self.limits.body_bytes:  # the endpoint ends at half of it
                self.refuse(413)
        elif after is not Part.OTHER:
            if before is not Part.HEAD:
                self.part = Part.HEAD  # line ends before a request begin it too
                self.open.wait(self.connection, self.limits.head_seconds)
                if before is not Part.NONE or self.cycle is not cycle:
                    self.received = 0  # it was the end of other requests, too
            if self.received > self.limits.head_bytes:
                self.refuse(431)

    def feed(self, data: bytes) -> None:
        """Has bytes parsed, which calls the methods `on_...`."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.part = Part.OTHER
                self.open.work(self.connection)
                self.handle_websocket_upgrade()
            else:
                self.go_on_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self.refuse(431 if isinstance(error.__context__, TooLarge) else 400)

    def go_on_without_upgrade(self, rest: bytes) -> None:
        """Has the same request parsed without its upgrade, with what follows it. The parser would skip its body."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.refuse(400)
            return
        lines = [b"%b %b HTTP/%b" % (method, self.url, self.parser.get_http_version().encode())]
        for name, value in self.headers:
            if name == b"connection":
                value = b", ".join(each for each in tokens(value) if each not in NOT_PASSED_ON)
            if name not in NOT_PASSED_ON and (value or name != b"connection"):
                lines.append(b"%b: %b" % (name, value))
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self.feed(b"\r\n".join(lines) + b"\r\n\r\n" + rest)

    def on_message_begin(self) -> None:
        self.part, self.arriving = Part.HEAD, None
        self.fields = self.chunks = self.chunk_bytes = 0
        self.url, self.headers, self.expect_100_continue = b"", [], False  # as uvicorn's, without a scope yet

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields += 1
        if self.fields > MOST_FIELDS:
            raise TooLarge
        if self.part is Part.HEAD:  # uvicorn would add those of trailers, which must not count as the request's own
            self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        # As uvicorn's, with its bounds for chunks.
        self.chunks += 1
        self.chunk_bytes += len(body)
        if self.chunks > CHUNKS and self.chunk_bytes < self.chunks * CHUNK_BYTES:
            raise TooMany
        exchange = self.arriving
        if exchange is None or exchange.response_complete:
            return
        if not exchange.body:
            exchange.body = body
        elif isinstance(exchange.body, bytes):
            exchange.body = bytearray(exchange.body + body)
        else:
            exchange.body += body
        if len(exchange.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        exchange.message_event.set()

    def on_headers_complete(self) -> None:
        if self.received > self.limits.head_bytes and self.head_bytes() > self.limits.head_bytes:
            raise TooLarge
        if len(self.pipeline) >= PIPELINED:
            raise TooMany
        version = self.parser.get_http_version()
        fields = dict(self.headers)
        if is_ambiguous(self.headers, fields, version):
            raise Ambiguous
        if b"expect" in fields:
            self.expect_100_continue = any(
                name == b"expect" and value.lower() == b"100-continue" for name, value in self.headers
            )
        upgrades = self.parser.should_upgrade()
        if upgrades and not self._should_upgrade():
            return
        self.part = Part.BODY
        method = self.parser.get_method().decode("ascii")
        if upgrades:  # which uvicorn hands over with these two
            self.scope = {"method": method, "headers": self.headers}  # type: ignore[typeddict-item]
        else:
            self.begin(version, method)

    def begin(self, version: str, method: str) -> None:
        """As uvicorn's `on_headers_complete`, for an Exchange, and without the options that are not used."""
        target = self.target
        if target is None or target.url != self.url:
            target = self.target = Target(self.url)
        self.scope = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,  # type: ignore[typeddict-item]  # as uvicorn's
            "method": method,
            "root_path": self.root_path,
            "path": target.path,
            "raw_path": target.raw_path,
            "query_string": target.query,
            "headers": self.headers,
            "state": self.app_state.copy(),
        }
        before = self.cycle
        keep_alive = version != "1.0" and self.parser.should_keep_alive()
        self.cycle = self.arriving = Exchange(self.scope, self, keep_alive=keep_alive)
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:  # it waits for its turn
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_message_complete(self) -> None:
        if self.part is Part.BODY:
            self.part = Part.WHOLE
            exchange = self.arriving
            if exchange is not None and not exchange.response_complete:  # as uvicorn's
                exchange.more_body = False
                if not exchange.message_event.happened:
                    exchange.message_event.set()

    def on_response_complete(self) -> None:
        # As uvicorn's, without its timer for idle connections, which costs as much as everything else here.
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self.part is Part.WHOLE:
            self.idle()

    def idle(self) -> None:
        self.part = Part.NONE
        self.open.wait(self.connection, self.limits.idle_seconds)

    def expired(self) -> None:
        """Ends the connection, unless the server itself has paused it."""
        if self.flow.read_paused:
            self.open.wait(self.connection, self.limits.request_seconds)
        elif self.part is Part.HEAD and (self.cycle is None or self.cycle.response_complete):
            self.refuse(408)
        else:
            self.transport.close()

    def refuse(self, status: int) -> None:
        """Ends the connection with a response that tells why, unless another response is under way."""
        self.part = Part.OTHER
        if not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(response(status))
            self.transport.close()


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSockets whose frames cannot use up time or memory.

    A client that sends more than some frames has them read as fast as it may send them, a few in each turn of the loop.
    All sockets of an address together may send a few times what one may.
    """

    config: Configuration

    def __init__(self, config: Configuration, *given: Any, **more: Any) -> None:
        super().__init__(config, *given, **more)
        self.unparsed = bytearray()
        self.turn: asyncio.Handle | None = None  # the next one; nothing is read from the client until then
        self.paces = [Pace(FRAMES_AT_ONCE, FRAMES_A_SECOND)]

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:  # the handshake is well-formed
            connections = self.config.connections
            address = client_address(self.scope, connections.proxies)
            if address is not None:
                self.paces.append(connections.frames_from(address))

    def data_received(self, data: bytes) -> None:
        if not self.handshake_initiated:
            super().data_received(data)
            if not self.handshake_initiated:  # the parser does not accept it, such as one with a long line
                self.transport.write(response(400))
                self.transport.close()
            return
        self.unparsed += data
        if self.turn is None and not self.read_paused:
            self.take_turn()
        else:
            self.transport.pause_reading()

    def take_turn(self) -> None:
        """Parses as much as a turn of the loop has time for, unless the last messages are still being handled."""
        self.turn = None
        if self.read_paused or self.transport.is_closing():
            return
        if self.owed() <= 0:
            part = bytes(self.unparsed[:TURN_BYTES])
            del self.unparsed[:TURN_BYTES]
            super().data_received(part)
        if not self.read_paused:
            self.go_on()

    def handle_events(self) -> None:
        for pace in self.paces:
            pace.take(len(self.conn.events))
        super().handle_events()

    def owed(self) -> float:
        """The seconds until another frame may be read; 0 or less if it may be now."""
        return max(pace.wait() for pace in self.paces)

    def go_on(self) -> None:
        """Reads on: in the next turn if there is more, and later if it was too much."""
        if self.turn is not None or self.transport.is_closing():
            return
        seconds = self.owed()
        if seconds > 0:
            self.transport.pause_reading()
            self.turn = self.loop.call_later(seconds, self.take_turn)
        elif self.unparsed:
            self.transport.pause_reading()
            self.turn = self.loop.call_soon(self.take_turn)
        else:
            self.transport.resume_reading()

    async def receive(self) -> "ASGIReceiveEvent":
        # As uvicorn's, but for what is not parsed yet.
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self.go_on()
        return message

    def connection_lost(self, exc: Exception | None) -> None:
        if self.turn is not None:
            self.turn.cancel()
        self.config.connections.leave(self.transport)
        super().connection_lost(exc)

    def handle_ping(self) -> None:
        output = self.conn.data_to_send()
        if self.writable.is_set():  # a client that reads nothing gets no more answers to pings
            self.transport.write(b"".join(output))

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= FRAGMENTS:
            self.conn.fail(1009, "too many fragments")
            self.handle_parser_exception()
        else:
            super().handle_cont(event)


def is_ambiguous(headers: Sequence[tuple[bytes, bytes]], fields: Mapping[bytes, bytes], version: str) -> bool:
    """Whether a request repeats a field of ONCE, has a malformed Host, or none although its version requires one.

    So is a body with another coding than `chunked`, which would be taken for what it holds: RFC 9112, 6.1. `fields` are
    the headers by name.
    """
    if b"transfer-encoding" in fields and fields[b"transfer-encoding"].strip().lower() != b"chunked":
        return True
    if len(fields) < len(headers):  # fields that are lists may have several lines
        once = [name for name, _ in headers if name in ONCE]
        if len(set(once)) < len(once):
            return True
    host = fields.get(b"host", b"" if version == "1.0" else None)
    return host is None or not HOST.fullmatch(host)


def response(status: int) -> bytes:
    reason = REASONS[status]
    headers = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
    return STATUS_LINE[status] + RETRY.get(status, b"") + headers % len(reason) + reason


def tokens(value: bytes) -> list[bytes]:
    return [token.strip().lower() for token in value.split(b",")]
