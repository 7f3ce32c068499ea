"""The only place that reads a GraphQL request off HTTP: its body, its parameters, the answer's type that it takes."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive

from server.deadlines import Ended, TooLate
from server.errors import Code, Refusal, refusal

JSON = b"application/json; charset=utf-8"
RESPONSE_JSON = b"application/graphql-response+json; charset=utf-8"
DRAINED = 16  # times the limit
NOTHING: Mapping[str, Any] = {}


@dataclass(slots=True)
class Asked:
    """What a request asks."""

    query: str
    name: str | None
    variables: Mapping[str, Any]


@lru_cache(256)
def answer_type(accept: bytes | None) -> bytes | None:
    """The better liked of the two types that are spoken; None when neither is taken.

    Plain JSON where a client does not care, as the GraphQL-over-HTTP audits have it.
    """
    if not accept:
        return JSON
    liking: dict[bytes, float] = {}
    for part in accept.lower().split(b","):
        kind, *parameters = (word.strip() for word in part.split(b";"))
        weight = next((word[2:] for word in parameters if word.startswith(b"q=")), b"1")
        try:
            liking[kind] = float(weight)
        except ValueError:
            liking[kind] = 0.0
    anything = liking.get(b"application/*", liking.get(b"*/*", 0.0))
    plain = liking.get(b"application/json", anything)
    # Somebody who names neither gets plain JSON; somebody who names both alike, the type that says more.
    response = liking.get(b"application/graphql-response+json", anything / 2)
    if max(plain, response) <= 0:
        return None
    return RESPONSE_JSON if response >= plain else JSON


@lru_cache(256)
def takes_events(accept: bytes | None) -> bool:
    """Whether a client names event streams among what it takes."""
    for part in (accept or b"").lower().split(b","):
        kind, *parameters = (word.strip() for word in part.split(b";"))
        if kind == b"text/event-stream":
            return not any(re.fullmatch(rb"q=0(\.0*)?", parameter) for parameter in parameters)
    return False


@lru_cache(256)
def is_json(content_type: bytes | None) -> bool:
    """Whether a body's type is JSON in UTF-8: the whole type, not a part of it."""
    kind, *parameters = (word.strip() for word in (content_type or b"").lower().split(b";"))
    charset = next((word[8:].strip(b'"') for word in parameters if word.startswith(b"charset=")), b"utf-8")
    return kind == b"application/json" and charset in (b"utf-8", b"utf8")


async def read_body(receive: Receive, declared: bytes | None, most: int, seconds: float) -> bytes:
    """The request's whole body; raises Refusal when it is over `most` bytes, which are then not kept."""
    over = declared is not None and len(declared) < 20 and declared.isdigit() and int(declared) > most
    message = await receive()
    if not over and message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > most:
            raise too_large(most)
        return body
    chunks, size = [], 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                if message["type"] == "http.disconnect":
                    raise TooLate(Ended.GONE, seconds)
                part: bytes = message.get("body", b"")
                size += len(part)
                over = over or size > most
                if not over:
                    chunks.append(part)
                # A client that is cut off while it sends sees a broken connection and not the answer, so what is
                # not much too large is let in, and let go.
                if size > most * DRAINED or not message.get("more_body"):
                    break
                message = await receive()
    except TimeoutError:
        raise refusal(408, Code.BAD_USER_INPUT, f"The request did not arrive within {seconds:g} seconds.") from None
    if over:
        raise too_large(most)
    return b"".join(chunks)


def asked_in_body(body: bytes) -> Asked:
    """The parameters of a POST; raises Refusal when it is no JSON object or a parameter is of another type."""
    try:
        # It refuses what is not UTF-8 and what is nested without end.
        given = orjson.loads(body)
    except ValueError:
        raise malformed("The body must be JSON in UTF-8.") from None
    if not isinstance(given, dict):
        raise malformed("The body must be a JSON object: one operation per request.")
    return asked(given)


def asked_in_url(query_string: bytes) -> Asked:
    """The parameters of a GET, of which `variables` and `extensions` are JSON; raises Refusal."""
    try:
        given: dict[str, Any] = dict(
            parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
        )
    except ValueError:
        raise malformed("The query string cannot be parsed.") from None
    for name in ("variables", "extensions"):
        if name in given:
            try:
                given[name] = orjson.loads(given[name]) if given[name] else None
            except ValueError:
                raise malformed(f"The parameter '{name}' is not JSON.") from None
    return asked(given)


def asked(given: dict[str, Any]) -> Asked:
    query = given.get("query")
    if not isinstance(query, str) or not query:
        raise malformed("The parameter 'query' must be a non-empty string.")
    name = given.get("operationName")
    if name is not None and not isinstance(name, str):
        raise malformed("The parameter 'operationName' must be a string.")
    variables = given.get("variables")
    if variables == "":
        variables = None
    if variables is not None and not isinstance(variables, dict):
        raise malformed("The parameter 'variables' must be an object.")
    extensions = given.get("extensions")
    if extensions not in (None, "") and not isinstance(extensions, dict):
        raise malformed("The parameter 'extensions' must be an object.")
    return Asked(query, name or None, variables or NOTHING)


def malformed(message: str) -> Refusal:
    return refusal(400, Code.BAD_USER_INPUT, message)


def too_large(most: int) -> Refusal:
    message = f"The body exceeds the limit of {most:,} bytes."
    # The rest of it, if any, is not read as if it were the next request.
    close = ((b"connection", b"close"),)
    return refusal(413, Code.LIMIT_EXCEEDED, message, headers=close, limit="body_bytes", most=most)
