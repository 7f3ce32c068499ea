"""Sends a request to an address that somebody else chose, and reads no more of the answer than its status."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache

from httptools import HttpParserError, HttpResponseParser

from models.identity.webhooks import DeliveryFailure
from resolvers import public_hosts
from resolvers.public_hosts import Place

SECONDS = 15.0  # for all of a request: looking up the host, connecting, and the head of the answer
CONNECT_SECONDS = 5.0  # to one of the host's addresses
MOST_ADDRESSES = 3  # that are tried
HEAD_BYTES = 16_384  # of the answer; a body that comes with it is thrown away
AGENT = "Cohorte"


class NotSent(Exception):
    """No answer came, for this reason. It has no text: that could have what others chose or sent."""

    def __init__(self, failure: DeliveryFailure) -> None:
        super().__init__(failure.value)
        self.failure = failure


class AnswerHead:
    """Waits for the final status of an answer."""

    def __init__(self) -> None:
        self.parser = HttpResponseParser(self)
        self.status: int | None = None
        self.read = 0

    def on_headers_complete(self) -> None:
        status = self.parser.get_status_code()
        if status >= 200 and self.status is None:  # others announce one that follows
            self.status = status

    def feed(self, received: bytes) -> None:
        """Raises NotSent if the answer is not HTTP or its head too long."""
        self.read += len(received)
        with suppress(HttpParserError):  # what follows the head may be anything
            self.parser.feed_data(received)
            if self.status is None and self.read < HEAD_BYTES and received:
                return
        if self.status is None:
            raise NotSent(DeliveryFailure.CONNECTION)


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """Checks certificates by the system's authorities."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


async def post(
    place: Place, headers: Mapping[str, str], body: bytes, tls: ssl.SSLContext | None = None, seconds: float = SECONDS
) -> int:
    """The status of the answer to a POST. Redirects are not followed.

    The host is looked up here and checked; the connection is to one of the addresses that were checked. Raises NotSent.
    """
    try:
        async with asyncio.timeout(seconds):
            addresses = await public_hosts.addresses_of(place)
            if not addresses:
                raise NotSent(DeliveryFailure.ADDRESS)
            reader, writer = await connect(place, addresses[:MOST_ADDRESSES], tls or trusted())
            try:
                writer.write(request(place, headers, body))
                await writer.drain()
                return await status_of(reader)
            finally:
                writer.transport.abort()  # not close(), which waits for the other side
    except TimeoutError:
        raise NotSent(DeliveryFailure.TIMEOUT) from None
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise NotSent(DeliveryFailure.CONNECTION) from None


async def connect(
    place: Place, addresses: Sequence[str], tls: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the first of the addresses that accepts one. Raises OSError, TimeoutError."""
    context, name = (tls, place.host) if place.is_tls else (None, None)
    for left, address in enumerate(addresses, 1 - len(addresses)):
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncio.open_connection(address, place.port, ssl=context, server_hostname=name)
        except (OSError, TimeoutError):
            if not left:
                raise
    raise OSError


def request(place: Place, headers: Mapping[str, str], body: bytes) -> bytes:
    sent = {
        "host": place.authority,
        "user-agent": AGENT,
        "content-type": "application/json",
        "content-length": str(len(body)),
        "accept": "*/*",
        "connection": "close",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return f"POST {place.target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


async def status_of(reader: asyncio.StreamReader) -> int:
    """The status of an answer. Raises NotSent."""
    head = AnswerHead()
    while head.status is None:
        head.feed(await reader.read(HEAD_BYTES))
    return head.status
