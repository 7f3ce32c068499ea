"""A request and its response over HTTP/1.1, of which head and body are sent together."""

import re
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE, STATUS_LINE, RequestResponseCycle

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent, HTTPResponseBodyEvent, HTTPResponseStartEvent

JOINED_BYTES = 65_536  # copying a larger body takes longer than a second write
NAMES = re.compile(rb"[a-z0-9-]+(?: [a-z0-9-]+)*")


class Exchange(RequestResponseCycle):
    """As uvicorn's, but a head that states the length of its body waits for that.

    Written one after the other they are two packets, of which sending the second takes a tenth of a small query.
    """

    head = b""  # that waits

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
        self.message_event.set()
        if not self.keep_alive:  # the server stops
            self.transport.close()
        self.on_response()
