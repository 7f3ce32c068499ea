"""Decides which web pages may use the server from a browser, by the Origin that browsers send."""

import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("cohorte.origins")

CoroutineApp: TypeAlias = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]  # an ASGI application

PREFLIGHT_SECONDS = 7200  # that browsers keep a preflight's answer; none keeps it longer than a day, Chromium two hours
LOG_SECONDS = 60.0  # between lines on refused origins: anybody can cause them
METHODS = ("GET", "HEAD", "POST")
EXPOSED = (
    "Cohorte-Written",
    "Content-Disposition",
    "ETag",
    "GraphQL-Cost",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Warning",
    "X-Request-Id",
)


class Origins:
    """The origins whose pages may read answers: the server's own, and those of `allowed`, compared exactly."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self.allowed = frozenset(origin.encode() for origin in allowed)
        self.logged = -LOG_SECONDS

    def accepts(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether no page of a foreign origin made this request. Clients other than browsers send no Origin."""
        origin = headers.get(b"origin")
        return origin is None or self.is_allowed(headers) or is_own(origin, headers.get(b"host", b""))

    def is_allowed(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a page of one of the allowed origins made this request."""
        return headers.get(b"origin") in self.allowed

    def note_refusal(self, headers: Mapping[bytes, bytes], what: str) -> None:
        """Logs, at most once a minute, that `what` is refused if a page of a foreign origin sent it.

        The origin is the client's text, and left out.
        """
        now = time.monotonic()
        if not self.accepts(headers) and now - self.logged >= LOG_SECONDS:
            self.logged = now
            log.warning(
                "%s refused: its Origin is neither in COHORTE_ORIGINS nor that of Host, which proxies must keep",
                what,
            )


def is_own(origin: bytes, host: bytes) -> bool:
    """Whether an Origin is the server's own, to which the request was sent."""
    try:
        return urlsplit(origin.lower()).netloc == host.lower() != b""
    except ValueError:
        return False


def with_cors(app: ASGIApp, allowed: frozenset[str]) -> CoroutineApp:
    """`app`, whose answers pages of the allowed origins may read, with the session's cookie."""
    origins = Origins(allowed)
    cors = CORSMiddleware(
        app,
        allow_origins=sorted(allowed),
        allow_credentials=True,
        allow_methods=METHODS,
        allow_headers=["*"],  # with credentials, the headers that the preflight names
        expose_headers=EXPOSED,
        max_age=PREFLIGHT_SECONDS,
    )

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            origins.note_refusal(dict(scope["headers"]), "A preflight was")
        await cors(scope, receive, send)

    return serve
