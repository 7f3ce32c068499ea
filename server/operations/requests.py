"""Parses GraphQL over HTTP requests: body, parameters, and the response types that the client accepts."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive

from server.operations.deadlines import CutOffReason, RequestCutOff
from server.operations.errors import Code, RequestError, request_error

JSON = b"application/json; charset=utf-8"
RESPONSE_JSON = b"application/graphql-response+json; charset=utf-8"
READ_BYTES = 1_000  # of a header with a list: reading one of 60 KB takes 70 ms, and browsers send 150 bytes
DRAINED = 16  # times the limit: how much of a body that is too large is read and discarded
NOTHING: Mapping[str, Any] = {}


@dataclass(slots=True)
class GraphQLParams:
    """The parameters of a request; `name` is its `operationName`.

    A request has either a `query` or the id of a trusted document, and then its `query` is empty at first.
    """

    query: str
    name: str | None
    variables: Mapping[str, Any]
    document_id: str | None = None


@lru_cache(256)
def answer_type(accept: bytes | None) -> bytes | None:
    """The response type that an Accept header prefers; None if it accepts neither.

    `application/json` for a client without a preference, as the GraphQL over HTTP audits require.
    """
    if not accept:
        return JSON
    quality: dict[bytes, float] = {}
    for part in accept[:READ_BYTES].lower().split(b","):
        kind, *parameters = (word.strip() for word in part.split(b";"))
        q = next((word[2:] for word in parameters if word.startswith(b"q=")), b"1")
        try:
            quality[kind] = float(q)
        except ValueError:
            quality[kind] = 0.0
    anything = quality.get(b"application/*", quality.get(b"*/*", 0.0))
    plain = quality.get(b"application/json", anything)
    # A client that names neither gets plain JSON; one that ranks both equally gets the more expressive type.
    response = quality.get(b"application/graphql-response+json", anything / 2)
    if max(plain, response) <= 0:
        return None
    return RESPONSE_JSON if response >= plain else JSON


@lru_cache(256)
def takes_events(accept: bytes | None) -> bool:
    """Whether an Accept header names text/event-stream."""
    for part in (accept or b"")[:READ_BYTES].lower().split(b","):
        kind, *parameters = (word.strip() for word in part.split(b";"))
        if kind == b"text/event-stream":
            return not any(re.fullmatch(rb"q=0(\.0*)?", parameter) for parameter in parameters)
    return False


@lru_cache(256)
def is_json(content_type: bytes | None) -> bool:
    """Whether a Content-Type is exactly JSON in UTF-8."""
    kind, *parameters = (word.strip() for word in (content_type or b"")[:READ_BYTES].lower().split(b";"))
    charset = next((word[8:].strip(b'"') for word in parameters if word.startswith(b"charset=")), b"utf-8")
    return kind == b"application/json" and charset in (b"utf-8", b"utf8")


async def read_body(receive: Receive, declared: bytes | None, most: int, seconds: float) -> bytes:
    """The request's whole body. Raises RequestError if it exceeds `most` bytes or takes longer than `seconds`.

    Raises RequestCutOff if the client disconnects.
    """
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
                    raise RequestCutOff(CutOffReason.CLIENT_GONE, seconds)
                part: bytes = message.get("body", b"")
                size += len(part)
                over = over or size > most
                if not over:
                    chunks.append(part)
                # A client that is cut off while sending sees a broken connection and not the response, so a body that
                # is not much too large is read to its end and discarded.
                if size > most * DRAINED or not message.get("more_body"):
                    break
                message = await receive()
    except TimeoutError:
        raise request_error(
            408, Code.BAD_USER_INPUT, f"The request body did not arrive within {seconds:g} seconds."
        ) from None
    if over:
        raise too_large(most)
    return b"".join(chunks)


def params_from_body(body: bytes) -> GraphQLParams:
    """The parameters of a POST. Raises RequestError if it is not a JSON object or a parameter has a wrong type."""
    try:
        # orjson refuses invalid UTF-8 and excessive nesting.
        given = orjson.loads(body)
    except ValueError:
        raise malformed("The body is not valid JSON in UTF-8.") from None
    if not isinstance(given, dict):
        raise malformed("The body must be a JSON object: batches are not supported.")
    return checked_params(given)


def params_from_url(query_string: bytes) -> GraphQLParams:
    """The parameters of a GET, of which `variables` and `extensions` are JSON. Raises RequestError if invalid."""
    try:
        given: dict[str, Any] = dict(
            parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
        )
    except ValueError:
        raise malformed("The URL's query string is malformed.") from None
    for name in ("variables", "extensions"):
        if name in given:
            try:
                given[name] = orjson.loads(given[name]) if given[name] else None
            except ValueError:
                raise malformed(f"The parameter '{name}' is not valid JSON.") from None
    return checked_params(given)


def checked_params(given: dict[str, Any]) -> GraphQLParams:
    """A request's parameters as decoded from JSON. Raises RequestError if one has a wrong type."""
    query, document_id = given.get("query"), None
    if not isinstance(query, str) or not query:
        document_id = requested_id(given)
        if document_id is None or query not in (None, ""):
            raise malformed("The parameter 'query' must be a non-empty string.")
        query = ""
    elif given.get("documentId") is not None:
        raise malformed("Send either 'query' or 'documentId'.")
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
    return GraphQLParams(query, name or None, variables or NOTHING, document_id)


def requested_id(given: Mapping[str, Any]) -> str | None:
    """The id of a request without a text, in `documentId` or where Apollo's clients put it; None if it has neither."""
    extensions = given.get("extensions")
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    if persisted is not None and not isinstance(persisted, dict):
        raise malformed("The extension 'persistedQuery' must be an object.")
    hash = None if persisted is None else persisted.get("sha256Hash")
    id = given.get("documentId")
    for name, value in (("documentId", id), ("sha256Hash", hash)):
        if value is not None and not (isinstance(value, str) and value):
            raise malformed(f"The parameter '{name}' must be a non-empty string.")
    if id is not None and hash is not None and id != hash:
        raise malformed("The parameters 'documentId' and 'sha256Hash' name different documents.")
    found: str | None = hash if id is None else id
    return found


def malformed(message: str) -> RequestError:
    return request_error(400, Code.BAD_USER_INPUT, message)


def too_large(most: int) -> RequestError:
    message = f"The request body exceeds the limit of {most:,} bytes."
    # Closed, so that the unread rest is not taken for the next request.
    close = ((b"connection", b"close"),)
    return request_error(413, Code.LIMIT_EXCEEDED, message, headers=close, limit="body_bytes", most=most)
