"""Finds the token of a request: in its Authorization header, or in the session cookie of a browser.

A browser adds the cookie to requests that pages of other sites make, so it counts only if the request shows that none
of them did: docs/decisions/0020-browsers.md.
"""

from collections.abc import Mapping
from typing import TypeAlias

from resolvers.identity.accounts import SESSION_LIFETIME
from server.http.origins import Origins
from server.operations.errors import Code, RequestError, request_error

Headers: TypeAlias = Mapping[bytes, bytes]

REQUIRED = b"graphql-require-preflight"  # a page of another site cannot send it without a preflight
NAME, PLAIN_NAME = b"__Host-cohorte_session", b"cohorte_session"


class Credentials:
    """Where requests have their tokens, and the cookie that keeps one."""

    def __init__(self, origins: Origins, *, plain: bool) -> None:
        self.origins = origins
        self.name = PLAIN_NAME if plain else NAME
        self.attributes = b"; Path=/; HttpOnly; SameSite=Lax" + (b"" if plain else b"; Secure")

    def of_request(self, method: str, headers: Headers) -> bytes | None:
        """The Authorization that a request has, or its cookie stands for. Raises RequestError for an unsafe cookie."""
        authorization = headers.get(b"authorization")
        if authorization is not None or b"cookie" not in headers:
            return authorization
        authorization = self.in_cookie(headers)
        if authorization is not None and not self.is_safe(method, headers):
            raise unsafe()
        return authorization

    def of_link(self, headers: Headers) -> bytes | None:
        """As `of_request`, for a file, which a link may lead to. Raises RequestError for an unsafe cookie."""
        authorization = headers.get(b"authorization")
        if authorization is not None:
            return authorization
        authorization = self.in_cookie(headers)
        # Pages of this site may link to the file, and a person may open its address; a page cannot be told apart from
        # others of its site, which SameSite trusts as well.
        site, navigates = headers.get(b"sec-fetch-site"), headers.get(b"sec-fetch-mode") == b"navigate"
        linked = site == b"none" or (site == b"same-site" and navigates and b"origin" not in headers)
        if authorization is not None and not linked and not self.is_safe("GET", headers):
            raise unsafe()
        return authorization

    def of_socket(self, headers: Headers) -> bytes | None:
        """As `of_request`, for a socket whose Origin was accepted. Without one, a cookie is ignored."""
        return headers.get(b"authorization") or (self.in_cookie(headers) if b"origin" in headers else None)

    def is_safe(self, method: str, headers: Headers) -> bool:
        """Whether no page of another site can have made this request, so that a cookie counts."""
        if not self.origins.accepts(headers):
            return False
        if REQUIRED in headers:
            return True
        # A browser's EventSource cannot send the header. Neither of these is under a page's control.
        return method == "GET" and (
            headers.get(b"sec-fetch-site") == b"same-origin" or self.origins.is_allowed(headers)
        )

    def takes_cookie(self, headers: Headers) -> bool:
        """Whether the response to this request may set a cookie."""
        return REQUIRED in headers and self.origins.accepts(headers)

    def in_cookie(self, headers: Headers) -> bytes | None:
        token = cookie_in(headers, self.name)
        return b"Bearer " + token if token else None

    def kept(self, token: str) -> tuple[bytes, bytes]:
        """The header that keeps a new session's token until the session expires."""
        age = b"; Max-Age=%d" % SESSION_LIFETIME.total_seconds()
        return b"set-cookie", self.name + b"=" + token.encode() + age + self.attributes

    def cleared(self) -> tuple[bytes, bytes]:
        """The header that removes the cookie."""
        return b"set-cookie", self.name + b"=; Max-Age=0" + self.attributes


def cookie_in(headers: Headers, name: bytes) -> bytes | None:
    """The value of the cookie of this name, if a request has one."""
    for pair in headers.get(b"cookie", b"").split(b";"):
        found, _, value = pair.strip().partition(b"=")
        if found == name and value:
            return value
    return None


def unsafe() -> RequestError:
    message = (
        "A request with the session cookie needs the header `GraphQL-Require-Preflight: 1`, and must come from a page "
        "of this server or of an origin that it allows."
    )
    return request_error(403, Code.FORBIDDEN, message)
