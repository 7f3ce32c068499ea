"""A request and its response over HTTP/1.1, of which head and body are sent together."""

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import (
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent, HTTPResponseBodyEvent, HTTPResponseStartEvent, HTTPScope

JOINED_BYTES = 65_536  # copying a larger body takes longer than a second write
NAMES = re.compile(rb"[a-z0-9-]+(?: [a-z0-9-]+)*")


class LazyEvent:
    """As asyncio's Event, which most requests need not make: their body is there when it is read."""

    happened = False
    event: asyncio.Event | None = None

    def set(self) -> None:
        self.happened = True
        if self.event is not None:
            self.event.set()

    def clear(self) -> None:
        self.happened = False
        if self.event is not None:
            self.event.clear()

    async def wait(self) -> None:
        if not self.happened:
            if self.event is None:
                self.event = asyncio.Event()
            await self.event.wait()


class DefaultLines:
    """The header lines that all responses have. uvicorn makes a new list of them each second."""

    def __init__(self) -> None:
        self.known: list[tuple[bytes, bytes]] = []
        self.written = b""

    def lines(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        if headers is not self.known:
            self.known, self.written = headers, b"".join([b"%b: %b\r\n" % field for field in headers])
        return self.written


DEFAULT = DefaultLines()


class Exchange(RequestResponseCycle):
    """As uvicorn's, but a head that states the length of its body waits for that.

    Written one after the other they are two packets, of which sending the second takes a tenth of a small query.
    """

    # What uvicorn's constructor sets for each request, and most requests never change.
    disconnected = response_started = response_complete = False
    more_body = True
    chunked_encoding: bool | None = None
    expected_content_length = 0
    body: bytes | bytearray = b""  # type: ignore[assignment]  # the parts of most bodies are one
    head = b""  # that waits

    def __init__(self, scope: "HTTPScope", of: HttpToolsProtocol, *, keep_alive: bool) -> None:
        self.scope, self.keep_alive = scope, keep_alive
        self.transport, self.flow = of.transport, of.flow
        self.logger, self.access_logger, self.access_log = of.logger, of.access_logger, of.access_log
        self.default_headers = of.server_state.default_headers
        self.message_event: LazyEvent = LazyEvent()  # type: ignore[assignment]  # it has what is used of an Event
        self.waiting_for_100_continue = of.expect_100_continue
        self.on_response = of.on_response_complete

    def whole_body(self, most: int) -> bytes | None:
        """The request's body, as `receive` returns it; None if that has to wait, or it has more than `most` bytes."""
        if self.more_body or self.disconnected or self.response_complete or self.waiting_for_100_continue:
            return None
        if len(self.body) > most:
            return None
        if self.flow.read_paused:
            self.flow.resume_reading()
        self.message_event.clear()
        body, self.body = bytes(self.body), b""
        return body

    def answer(self, fields: bytes, body: bytes) -> bool:
        """Sends a whole response of status 200 as `send` would in two messages. Returns whether it could.

        `fields` are the header's lines, of which one states the body's length; uvicorn does not look at them.
        """
        if (
            self.disconnected
            or self.response_started
            or self.flow.write_paused
            or not self.keep_alive
            or len(body) > JOINED_BYTES
            or self.scope["method"] == "HEAD"
        ):
            return False
        self.response_started = True
        self.waiting_for_100_continue = False
        self.chunked_encoding = False
        self.finish(b"".join((STATUS_LINE[200], DEFAULT.lines(self.default_headers), fields, b"\r\n", body)))
        return True

    async def send(self, message: "ASGISendEvent") -> None:
        if message["type"] == "http.response.start" and not self.response_started:
            self.head = self.head_of(message)
            if self.head:
                self.response_started = True
                self.waiting_for_100_continue = False
                return
        elif message["type"] == "http.response.body" and self.head:
            if self.flow.write_paused and not self.disconnected:
                await self.flow.drain()
            head, self.head = self.head, b""
            if self.disconnected:
                return
            if self.is_whole(message):
                self.finish(head + message.get("body", b""))
                return
            self.transport.write(head)
        await super().send(message)

    def head_of(self, message: "HTTPResponseStartEvent") -> bytes:
        """The head of a response; nothing if the length is not stated, or uvicorn has to look at the fields."""
        fields = [*self.default_headers, *message.get("headers", ())]
        known = dict(fields)
        length = known.get(b"content-length", b"")
        if not length.isdigit() or b"connection" in known or b"transfer-encoding" in known or not self.keep_alive:
            return b""
        if NAMES.fullmatch(b" ".join(known)) is None or HEADER_VALUE_RE.search(b" ".join([each[1] for each in fields])):
            return b""
        self.expected_content_length = int(length)
        self.chunked_encoding = False
        return b"".join([STATUS_LINE[message["status"]], *[b"%b: %b\r\n" % field for field in fields], b"\r\n"])

    def is_whole(self, message: "HTTPResponseBodyEvent") -> bool:
        """Whether a message has all of a small body, of a request that is no HEAD."""
        length = len(message.get("body", b""))
        return (
            length == self.expected_content_length
            and length <= JOINED_BYTES
            and not message.get("more_body")
            and self.scope["method"] != "HEAD"
        )

    def finish(self, response: bytes) -> None:
        """Sends all of a response."""
        self.transport.write(response)
        self.expected_content_length = 0
        self.response_complete = True
        if self.message_event.event is not None:  # somebody may wait in `receive`
            self.message_event.set()
        if not self.keep_alive:  # the server stops
            self.transport.close()
        self.on_response()


def exchange_of(receive: Callable[..., Any], send: Callable[..., Any]) -> Exchange | None:
    """The exchange of which these are `receive` and `send`; None if one is another's, such as that of a middleware."""
    owner = getattr(send, "__self__", None)
    return owner if type(owner) is Exchange and receive == owner.receive else None
