"""Answers `GET` and `POST /graphql`, from the request's bytes to the response's."""

import asyncio
import time
from collections.abc import Coroutine, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from logging import INFO
from typing import Any

import orjson
from graphql import GraphQLError
from graphql.language import OperationType
from starlette.types import Receive, Scope, Send

from models.viewers import ANYBODY, Audience
from planner.arguments import Variables
from planner.costs import INTROSPECTION
from planner.operations import BadVariables, Operation
from planner.plans import TOO_LARGE
from schema.context import Context
from server import logs
from server.addresses import client_address
from server.answers import AnswerSize, too_large
from server.broker import Events
from server.commit_guard import CommitGuard
from server.data_reads import Admission, DataReads
from server.deadlines import CutOffReason, Deadline, OperationDeadline, RequestCutOff
from server.documents import Document, Documents
from server.errors import (
    Code,
    RequestError,
    bad_input,
    bad_variables,
    internal,
    request_error,
    request_timed_out,
    shutting_down,
)
from server.event_streams import EVENTS, as_stream, stream
from server.limits import check_variables
from server.planning import Planning
from server.pools import ConnectionPool
from server.publisher_pool import PublisherPool
from server.read_budgets import MemberReads
from server.requests import (
    JSON,
    RESPONSE_JSON,
    GraphQLParams,
    answer_type,
    is_json,
    params_from_body,
    params_from_url,
    read_body,
    takes_events,
)
from server.results import response_of
from server.sessions import Sessions
from server.streams import Streams
from server.subscriptions import PreparedSubscription, prepare_subscription
from settings import Settings

ALLOW = (b"allow", b"GET, POST")
UNKNOWN = "unknown"  # clients without an address share what one caller may use
COST = b"graphql-cost"  # a request's header: whatever its value, the response has the operation's cost
CHARACTERS_A_UNIT = 100  # of a new document: reading as many takes as long as planning one selection
MISSING_HEADER = (
    "A query by GET needs the header `GraphQL-Require-Preflight: 1`, without which another site could send it. "
    "Send a POST with the query as JSON instead, or open /graphiql in a browser."
)
DEVICE = 200  # characters of the User-Agent that are stored


@dataclass(frozen=True)
class ServedView:
    """A view's documents and connections."""

    documents: Documents
    connections: ConnectionPool


class RequestContext:
    """One operation's request: where it comes from, who makes it, and what the log records of it.

    `kind`, `document`, `cost` and `codes` are set as soon as they are known.
    """

    __slots__ = ("codes", "cost", "deadline", "document", "headers", "kind", "scope", "started", "viewer")

    def __init__(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        self.started = time.perf_counter()
        self.scope = scope
        self.headers = headers
        self.viewer = ANYBODY
        self.deadline: Deadline | OperationDeadline | None = None
        self.kind: str | None = None  # query, mutation or subscription
        self.document: str | None = None  # its hash
        self.cost: int | None = None
        self.codes: tuple[str, ...] = ()  # of the response's errors


def is_page_request(request: RequestContext) -> bool:
    """Whether a browser shows the response as a page, and has no query."""
    accept, parameters = request.headers.get(b"accept", b""), request.scope["query_string"]
    return b"text/html" in accept and not parameters


class Endpoint:
    """`GET` and `POST /graphql`, by the GraphQL over HTTP specification.

    A planned query costs its SQL statement and two look-ups: its viewer and its document.
    """

    def __init__(
        self,
        views: Mapping[Audience, ServedView],
        sessions: Sessions,
        events: Events,
        publisher: PublisherPool,
        identity: ConnectionPool,
        member_reads: MemberReads,
        data_reads: DataReads,
        settings: Settings,
    ) -> None:
        self.views = views
        self.sessions = sessions
        self.events = events
        self.publisher = publisher
        self.identity = identity  # for what strangers write, so that no reads keep anybody from signing in
        self.member_reads = member_reads
        self.data_reads = data_reads
        self.streams = Streams(sessions)
        self.settings = settings
        self.planning = Planning(settings.limits.planned_at_once, settings.limits.planned_a_second)
        self.log = logs.OperationLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = RequestContext(scope, dict(scope["headers"]))
        accept = request.headers.get(b"accept")
        type, streamed = answer_type(accept), takes_events(accept)
        more: tuple[tuple[bytes, bytes], ...] = ()
        error: RequestError | None = None
        body = b""
        try:
            try:
                answer = await self.answer(request, receive, type, streamed=streamed)
            except asyncio.CancelledError:
                # A Deadline raises RequestCutOff: this cancellation comes from a server that has waited and now stops.
                raise shutting_down() from None
            if isinstance(answer, PreparedSubscription):
                self.log_operation(request, 200)  # at its start: it may last for days
                authorization = request.headers.get(b"authorization")
                await stream(answer, self.streams, authorization, response_start(200, EVENTS), receive, send)
                return
            body = answer
        except RequestError as raised:
            error = raised
        except RequestCutOff as cut_off:
            if cut_off.reason is CutOffReason.CLIENT_GONE:
                return
            error = request_timed_out(cut_off.seconds)
        except Exception as unexpected:
            error, id = internal()
            logs.fault(id, unexpected)
        status = 200
        if error is not None:
            status = 200 if error.lenient and type is JSON else error.status
            body, more, request.codes = error.body, error.headers, error.codes
        if streamed and type is None and (error is None or error.lenient):
            status, type, body = 200, EVENTS, as_stream(body)
        await send(response_start(status, type or JSON, (b"content-length", b"%d" % len(body)), *more))
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        self.log_operation(request, status)

    def log_operation(self, request: RequestContext, status: int) -> None:
        """Logs one line for an operation, with the time since its request arrived."""
        if logs.operations.isEnabledFor(INFO):
            ms = (time.perf_counter() - request.started) * 1000
            self.log.add(request.viewer.audience, request.kind, request.document, status, request.codes, ms)

    async def answer(
        self, request: RequestContext, receive: Receive, type: bytes | None, *, streamed: bool
    ) -> bytes | PreparedSubscription:
        """The response's JSON, or the subscription to stream. Raises RequestError and RequestCutOff.

        `type` is the JSON type that the client accepts, if any; `streamed` says whether it accepts an event stream.
        """
        method, headers = request.scope["method"], request.headers
        if method == "GET" and is_page_request(request):
            message = "This is the GraphQL endpoint. GraphiQL, at /graphiql, sends queries to it from a browser."
            raise request_error(303, Code.BAD_USER_INPUT, message, headers=((b"location", b"/graphiql"),))
        if method != "POST" and method != "GET":
            message = "Send a POST, or a GET for queries."
            raise request_error(405, Code.BAD_USER_INPUT, message, headers=(ALLOW,))
        if type is None and not streamed:
            message = f"Not acceptable. Response types are {RESPONSE_JSON.decode()} and {JSON.decode()}."
            raise request_error(406, Code.BAD_USER_INPUT, message)
        limits = self.settings.limits
        if method == "POST":
            if not is_json(headers.get(b"content-type")) or b"content-encoding" in headers:
                message = "The request body must be application/json in UTF-8, uncompressed."
                raise request_error(415, Code.BAD_USER_INPUT, message)
            declared = headers.get(b"content-length")
            params = params_from_body(await read_body(receive, declared, limits.body_bytes, limits.request_seconds))
        else:
            # A page of another origin can make a browser send a GET, but not with a custom header.
            if b"graphql-require-preflight" not in headers and headers.get(b"sec-fetch-site") != b"same-origin":
                raise request_error(400, Code.BAD_USER_INPUT, MISSING_HEADER)
            params = params_from_url(request.scope["query_string"])
        with Deadline(receive, limits.request_seconds) as deadline:
            request.deadline = deadline
            authorization = headers.get(b"authorization")
            if authorization is not None:
                request.viewer = self.sessions.known(authorization) or await self.sessions.viewer(authorization)
            return await self.operate(request, params, by_get=method == "GET", streamed=streamed)

    def operate(
        self, request: RequestContext, params: GraphQLParams, *, by_get: bool = False, streamed: bool = False
    ) -> Coroutine[Any, Any, bytes | PreparedSubscription]:
        """The response's JSON, or the subscription to stream, for `request.viewer`. Raises RequestError when awaited.

        With a header GraphQL-Cost, the response's extensions have the operation's cost and its limit.
        """
        answer = self.perform(request, params, by_get=by_get, streamed=streamed)
        return self.with_cost(request, answer) if COST in request.headers else answer

    async def with_cost(
        self, request: RequestContext, work: Coroutine[Any, Any, bytes | PreparedSubscription]
    ) -> bytes | PreparedSubscription:
        """An answer, with the cost in its extensions."""
        answer = await work
        if not isinstance(answer, bytes):
            return answer
        limit = self.views[request.viewer.audience].documents.most_cost
        cost = orjson.dumps({"cost": {"requested": request.cost, "limit": limit}})
        return answer[:-1] + b',"extensions":' + cost + b"}"

    async def perform(
        self, request: RequestContext, params: GraphQLParams, *, by_get: bool, streamed: bool
    ) -> bytes | PreparedSubscription:
        """As `operate`, without the cost."""
        view = self.views[request.viewer.audience]
        document = view.documents.known(params.query) or await self.read(request, view.documents, params)
        request.document = document.hash
        operation = view.documents.operation(document, params.name)
        request.kind = operation.kind.value
        request.cost = view.documents.cost(operation, params.variables)
        if by_get and operation.kind is OperationType.MUTATION:
            raise request_error(405, Code.BAD_USER_INPUT, "Send mutations by POST.", headers=((b"allow", b"POST"),))
        if operation.kind is OperationType.SUBSCRIPTION and not streamed:
            message = "Subscriptions are served as text/event-stream or over a WebSocket."
            raise request_error(406, Code.BAD_USER_INPUT, message)
        if params.variables:
            check_variables(params.variables, self.settings.limits)
        cache_key = introspection_key(document, params) if document.analysis.only_introspects else ""
        if cache_key:
            cached = view.documents.answers.get(cache_key)
            if cached is not None:
                return cached
        try:
            variables = operation.coerce(params.variables)
            made = False
            try:
                plan = operation.known_plan(variables)
            except KeyError:
                made = await self.make_plans(request, document, operation, variables)
                plan = operation.plan(variables)
            if operation.kind is OperationType.SUBSCRIPTION:
                return await prepare_subscription(
                    operation,
                    variables,
                    request.viewer,
                    view.connections,
                    self.events,
                    partial(self.admission, request),
                    self.caller(request),
                )
            values = plan.values(variables, request.viewer) if plan is not None else None
            if not made:
                operation.check(variables, request.viewer)
        except BadVariables as bad:
            raise bad_variables(bad.errors, operation.planner.schema) from None
        except GraphQLError as error:
            raise bad_input(error) from None
        if plan is None or values is None:
            body = await self.execute(request, operation, variables)
            if cache_key and not request.codes:
                view.documents.answers[cache_key] = body
            return body
        try:
            text = await view.connections.read(plan.sql, values, self.caller(request))
        except Exception as error:
            refused = plan.refusal(error)
            if refused is None:
                raise
            raise bad_input(refused) from None
        if text == TOO_LARGE:
            raise too_large(self.settings.limits.answer_bytes)
        if text is None:
            raise RuntimeError("a planned statement returned no row")
        if plan.marked or plan.recorded:
            text = await self.admission(request).admit(text)
        return b'{"data":' + text.encode() + b"}"

    def admission(self, request: RequestContext) -> Admission:
        """What admits the answers to one request, or one event of a subscription."""
        return Admission(self.member_reads, self.data_reads, request.viewer, request.document)

    async def read(self, request: RequestContext, documents: Documents, params: GraphQLParams) -> Document:
        """A document that is not cached, read in the planning thread. Raises RequestError."""
        text = params.query
        work = partial(documents.read, text, params.name, params.variables)
        units = 1 + len(text) // CHARACTERS_A_UNIT
        try:
            document = await self.planning.run(self.caller(request), work, units, partial(documents.known, text))
        except RequestError as error:
            if error.status == 400:
                documents.refuse(text, error)
            raise
        documents.keep(text, document)
        return document

    async def make_plans(
        self, request: RequestContext, document: Document, operation: Operation, variables: Variables
    ) -> bool:
        """Makes the operation's plans in the planning thread, if they are not cached. Returns whether it made them.

        Raises RequestError, or GraphQLError for an argument that cannot be planned.
        """
        if operation.is_planned(variables):
            return False
        work = partial(operation.make_plans, variables, request.viewer)
        units = 1 + document.analysis.size
        known = await self.planning.run(
            self.caller(request), work, units, lambda: operation.is_planned(variables) or None
        )
        return known is None

    def caller(self, request: RequestContext) -> Hashable:
        """Who a request's work is charged to: an account, an organization's programs, or a client's address."""
        viewer = request.viewer
        known = viewer.account or viewer.organization
        if known is not None:
            return known.int  # whose hash takes a fraction of the UUID's
        return client_address(request.scope, self.settings.trusted_proxies) or UNKNOWN

    async def execute(self, request: RequestContext, operation: Operation, variables: Variables) -> bytes:
        """The response of an operation that graphql-core executes, such as a mutation. Raises RequestError."""
        viewer, deadline = request.viewer, request.deadline
        view = self.views[viewer.audience]
        # The mutations of the public view sign in, register and reset passwords.
        pool = self.identity if viewer.audience is Audience.PUBLIC else view.connections
        caller = self.caller(request)
        device = request.headers.get(b"user-agent")
        size = AnswerSize(self.settings.limits.answer_bytes)

        async def read(sql: str, values: Sequence[Any]) -> str | None:
            return size.text(await view.connections.read(sql, values, caller))

        guard = CommitGuard() if operation.kind is OperationType.MUTATION else None
        context = Context(
            viewer=viewer,
            read=read,
            write=lambda: pool.write(viewer, caller),
            settings=self.settings,
            publish=lambda: self.publisher.write(viewer),
            extend_deadline=None if deadline is None else deadline.extend,
            write_as_anybody=lambda: self.identity.write(ANYBODY, caller),
            guard_commit=None if guard is None else guard.guarded,
            await_step=None if guard is None else guard.await_step,
            in_thread=lambda work: self.planning.run(caller, work, INTROSPECTION),
            count_bytes=size.count,
            admit=self.admission(request).admit,
            device=device.decode("latin-1")[:DEVICE] if device else None,
            address=client_address(request.scope, self.settings.trusted_proxies),
        )
        work = operation.execute(variables, context)
        try:
            result = await (work if guard is None else guard.run(work, deadline.error if deadline else shutting_down))
        finally:
            if guard is not None:
                # It may have closed this very session, and its client may send the next request before the
                # notification arrives here.
                self.sessions.forget(viewer.session)
        body, request.codes = response_of(result, committed=guard is not None and guard.committed)
        return body


def introspection_key(document: Document, params: GraphQLParams) -> str:
    """The cache key of an introspection: its answer is the same for all viewers of a view, and takes about 50 ms."""
    return f"{document.hash} {params.name} {orjson.dumps(params.variables, option=orjson.OPT_SORT_KEYS).hex()}"


def response_start(status: int, type: bytes, *more: tuple[bytes, bytes]) -> dict[str, Any]:
    """The ASGI message that starts a response."""
    headers = [
        (b"content-type", type),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *more,
    ]
    return {"type": "http.response.start", "status": status, "headers": headers}
