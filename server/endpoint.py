"""The only place where a GraphQL request travels from its bytes to its answer's: the endpoint at /graphql."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from logging import INFO
from typing import Any

import orjson
from graphql import GraphQLError
from graphql.language import OperationType
from starlette.types import Receive, Scope, Send

from models.viewers import ANYBODY, Audience
from planner.arguments import Variables
from planner.operations import BadVariables, Operation
from schema.context import Context
from server import logs
from server.addresses import client_address
from server.connections import Connections
from server.deadlines import Deadline, Ended, TooLate
from server.documents import Document, Documents
from server.errors import (
    Code,
    Refusal,
    bad_input,
    bad_variables,
    internal,
    refusal,
    too_slow,
    unavailable,
)
from server.event_streams import EVENTS, as_stream, stream
from server.events import Events
from server.limits import weigh_variables
from server.publishing import Publishing
from server.requests import (
    JSON,
    RESPONSE_JSON,
    Asked,
    answer_type,
    asked_in_body,
    asked_in_url,
    is_json,
    read_body,
    takes_events,
)
from server.results import answer_of
from server.sessions import Sessions
from server.streams import Streams
from server.subscriptions import Subscription, subscription
from settings import Settings

ALLOW = (b"allow", b"GET, POST")
DEVICE = 200  # characters of what a caller calls itself


@dataclass(frozen=True)
class Served:
    """A view as it is served: its documents and its connections."""

    documents: Documents
    connections: Connections


class Answered:
    """What the log is told of a request, and how the request is given more time."""

    __slots__ = ("allow", "codes", "document", "kind", "viewer")

    def __init__(self) -> None:
        self.allow: Callable[[float], None] | None = None
        self.viewer = ANYBODY
        self.kind: str | None = None
        self.document: str | None = None
        self.codes: tuple[str, ...] = ()


class Endpoint:
    """`GET` and `POST /graphql`, as GraphQL over HTTP has them. A read costs its statement and two look-ups."""

    def __init__(
        self,
        views: Mapping[Audience, Served],
        sessions: Sessions,
        events: Events,
        publishing: Publishing,
        settings: Settings,
    ) -> None:
        self.views = views
        self.sessions = sessions
        self.events = events
        self.publishing = publishing
        self.streams = Streams(sessions)
        self.settings = settings
        self.log = logs.OperationLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        accept = headers.get(b"accept")
        type, streamed = answer_type(accept), takes_events(accept)
        told = Answered()
        more: tuple[tuple[bytes, bytes], ...] = ()
        refused: Refusal | None = None
        body = b""
        try:
            try:
                answered = await self.answer(scope, receive, headers, type, streamed, told)
            except asyncio.CancelledError:
                # A deadline says that it was one. This is the server, which stops and has waited for long enough.
                raise unavailable("The server stops just now, and this with it. Try again in a moment.") from None
            if isinstance(answered, Subscription):
                self.write_down(told, 200, started)  # as it begins: it may go on for days
                authorization = headers.get(b"authorization")
                await stream(answered, self.streams, authorization, begin(200, EVENTS), receive, send)
                return
            body = answered
        except Refusal as told_so:
            refused = told_so
        except TooLate as late:
            if late.ended is Ended.GONE:
                return
            refused = too_slow("request_seconds", late.seconds)
        except Exception as error:
            refused, id = internal()
            logs.fault(id, error)
        status = 200
        if refused is not None:
            status = 200 if refused.lenient and type is JSON else refused.status
            body, more, told.codes = refused.body, refused.headers, refused.codes
        if streamed and type is None and (refused is None or refused.lenient):
            status, type, body = 200, EVENTS, as_stream(body)
        await send(begin(status, type or JSON, (b"content-length", b"%d" % len(body)), *more))
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        self.write_down(told, status, started)

    def write_down(self, told: Answered, status: int, started: float) -> None:
        """One line of the log, for an operation that began at `started` of time.perf_counter()."""
        if logs.operations.isEnabledFor(INFO):
            ms = (time.perf_counter() - started) * 1000
            self.log.add(told.viewer.audience, told.kind, told.document, status, told.codes, ms)

    async def answer(
        self,
        scope: Scope,
        receive: Receive,
        headers: Mapping[bytes, bytes],
        type: bytes | None,
        streamed: bool,
        told: Answered,
    ) -> bytes | Subscription:
        """The answer's JSON, or what is subscribed to; raises Refusal and TooLate."""
        method = scope["method"]
        if method != "POST" and method != "GET":
            raise refusal(405, Code.BAD_USER_INPUT, "A request is a POST, or a GET for queries.", headers=(ALLOW,))
        if type is None and not streamed:
            message = f"Answers are {RESPONSE_JSON.decode()} or {JSON.decode()}: accept one of them."
            raise refusal(406, Code.BAD_USER_INPUT, message)
        limits = self.settings.limits
        if method == "POST":
            if not is_json(headers.get(b"content-type")) or b"content-encoding" in headers:
                raise refusal(415, Code.BAD_USER_INPUT, "A body is application/json in UTF-8, not compressed.")
            declared = headers.get(b"content-length")
            asked = asked_in_body(await read_body(receive, declared, limits.body_bytes, limits.request_seconds))
        else:
            # A page of another origin can make a browser send a GET, but not with a header of its own.
            if b"graphql-require-preflight" not in headers and headers.get(b"sec-fetch-site") != b"same-origin":
                raise refusal(400, Code.BAD_USER_INPUT, "A GET needs the header GraphQL-Require-Preflight.")
            asked = asked_in_url(scope["query_string"])
        with Deadline(receive, limits.request_seconds) as deadline:
            told.allow = deadline.allow
            authorization = headers.get(b"authorization")
            if authorization is not None:
                told.viewer = self.sessions.known(authorization) or await self.sessions.viewer(authorization)
            return await self.operate(asked, told, scope, by_get=method == "GET", streamed=streamed)

    async def operate(
        self, asked: Asked, told: Answered, scope: Scope, *, by_get: bool = False, streamed: bool = False
    ) -> bytes | Subscription:
        """What `told.viewer` is answered, or subscribes to where answers can be streamed; raises Refusal."""
        view = self.views[told.viewer.audience]
        document = view.documents.get(asked.query)
        told.document = document.hash
        operation = view.documents.operation(document, asked.name)
        told.kind = operation.kind.value
        if by_get and operation.kind is OperationType.MUTATION:
            raise refusal(405, Code.BAD_USER_INPUT, "A GET may only query.", headers=((b"allow", b"POST"),))
        if operation.kind is OperationType.SUBSCRIPTION and not streamed:
            message = "A subscription is answered as text/event-stream, or over a WebSocket."
            raise refusal(406, Code.BAD_USER_INPUT, message)
        if asked.variables:
            weigh_variables(asked.variables, self.settings.limits)
        if operation.kind is not OperationType.SUBSCRIPTION:
            return await self.run(document, operation, asked, told, scope)
        try:
            variables = operation.coerce(asked.variables)
            return await subscription(operation, variables, told.viewer, view.connections, self.events)
        except BadVariables as bad:
            raise bad_variables(bad.errors) from None
        except GraphQLError as error:
            raise bad_input(error) from None

    async def run(self, document: Document, operation: Operation, asked: Asked, told: Answered, scope: Scope) -> bytes:
        try:
            variables = operation.coerce(asked.variables)
            plan = operation.plan(variables)
            values = plan.values(variables, told.viewer) if plan is not None else None
        except BadVariables as bad:
            raise bad_variables(bad.errors) from None
        except GraphQLError as error:
            raise bad_input(error) from None
        if plan is None or values is None:
            return await self.execute(document, operation, variables, asked, told, scope)
        text = await self.views[told.viewer.audience].connections.read(plan.sql, values)
        if text is None:
            raise RuntimeError("a planned statement has no answer")
        return b'{"data":' + text.encode() + b"}"

    async def execute(
        self,
        document: Document,
        operation: Operation,
        variables: Variables,
        asked: Asked,
        told: Answered,
        scope: Scope,
    ) -> bytes:
        """The answer of an operation that graphql-core finishes: a mutation, introspection."""
        view = self.views[told.viewer.audience]
        key = ""
        if document.weight.only_introspects:
            # What a schema says of itself is the same for every viewer of the view, and takes some 50 ms to say.
            key = f"{document.hash} {asked.name} {orjson.dumps(asked.variables, option=orjson.OPT_SORT_KEYS).hex()}"
            kept = view.documents.answers.get(key)
            if kept is not None:
                return kept
        headers: dict[bytes, bytes] = dict(scope["headers"])
        device = headers.get(b"user-agent")
        viewer = told.viewer
        context = Context(
            viewer=viewer,
            read=view.connections.read,
            write=lambda: view.connections.write(viewer),
            settings=self.settings,
            publish=lambda: self.publishing.write(viewer),
            allow=told.allow,
            write_as_anybody=lambda: self.views[Audience.PUBLIC].connections.write(ANYBODY),
            device=device.decode("latin-1")[:DEVICE] if device else None,
            address=client_address(scope, headers.get(b"x-forwarded-for"), self.settings.trusted_proxies),
        )
        try:
            result = await operation.execute(variables, context)
        finally:
            if operation.kind is OperationType.MUTATION:
                # It may have closed this very session: the listener hears of it a moment after the client does.
                self.sessions.forget(viewer.session)
        body, told.codes = answer_of(result)
        if key and not told.codes:
            view.documents.answers.put(key, body)
        return body


def begin(status: int, type: bytes, *more: tuple[bytes, bytes]) -> dict[str, Any]:
    """The beginning of an answer over HTTP."""
    headers = [
        (b"content-type", type),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *more,
    ]
    return {"type": "http.response.start", "status": status, "headers": headers}
