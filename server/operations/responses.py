"""Starts responses of the endpoint: their headers, and how they may be cached."""

from functools import lru_cache
from typing import Any

from models.languages import Language
from server.http import request_ids
from server.http.negotiation import HEADERS

# What a cached response depends on, beside its address: its type and language, who it is for, and if it has its cost.
VARY = b"accept, accept-language, authorization, cookie, graphql-cost"


@lru_cache(32)
def plain_fields(type: bytes, language: Language) -> bytes:
    """The header's lines of a response without further fields, to be formatted with its length and its request's id."""
    about = (b"content-length", b"%d"), (request_ids.HEADER, b"%b")
    start = response_start(200, type, *about, HEADERS[language])
    return b"".join([b"%b: %b\r\n" % field for field in start["headers"]])


def response_start(status: int, type: bytes, *more: tuple[bytes, bytes]) -> dict[str, Any]:
    """The ASGI message that starts a response."""
    headers = [
        (b"content-type", type),
        (b"cache-control", b"no-store"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"x-content-type-options", b"nosniff"),
        *more,
    ]
    return {"type": "http.response.start", "status": status, "headers": headers}


def allow_asking_again(start: dict[str, Any], tag: str) -> None:
    """Lets a client store a response, and ask by its tag whether it has changed."""
    replaced = {b"cache-control"} | ({b"content-length", b"content-type"} if start["status"] == 304 else set())
    kept = [header for header in start["headers"] if header[0] not in replaced]
    about = (b"cache-control", b"private, no-cache"), (b"vary", VARY + b", accept-encoding"), (b"etag", tag.encode())
    start["headers"] = [*kept, *about]


def allow_caching(start: dict[str, Any], seconds: int) -> None:
    """Lets caches store a response for as long as `seconds`, unless that is 0."""
    if seconds:
        kept = [header for header in start["headers"] if header[0] != b"cache-control"]
        start["headers"] = [*kept, (b"cache-control", b"public, max-age=%d" % seconds), (b"vary", VARY)]
