"""Traces operations for OpenTelemetry: a span for each request, with its planning and its statements.

Imported only if an exporter is set. Spans have no values: neither documents nor statements nor messages of exceptions.
"""

import re
from collections.abc import AsyncIterator, Coroutine, Hashable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any

import asyncpg
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, get_current_span, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import Receive, Scope, Send

from models.database import Connection
from models.viewers import Viewer
from planner.arguments import Variables
from planner.operations import Operation
from server.databases.pools import ConnectionPool
from server.events.subscriptions import PreparedSubscription
from server.operations.documents import Document, Documents
from server.operations.endpoint import Endpoint
from server.operations.errors import RequestError
from server.operations.request_context import RequestContext
from server.operations.requests import GraphQLParams
from server.telemetry.digests import Digests

ROUTE = "/graphql"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"})
TABLES = re.compile(r"(?:FROM|JOIN) ((?:catalog|care|identity|insight|research)\.\w+)")
SUMMARIZED = 16_384  # characters of a statement that are read for its summary, and kept
SUMMARY_TABLES = 4


class TracedEndpoint(Endpoint):
    """The endpoint, with a span for each request, and for each operation of a socket."""

    tracer: Tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        parents = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"}
        span = self.tracer.start_span(
            f"{method} {ROUTE}",
            # Without `tracestate`, into which a client can write anything.
            context=TraceContextTextMapPropagator().extract(parents),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method, "http.route": ROUTE, "url.scheme": scope["scheme"]},
        )
        with current(span):
            await super().__call__(scope, receive, send)

    def log_operation(self, request: RequestContext, status: int) -> None:
        super().log_operation(request, status)
        span = get_current_span()
        if request.scope["type"] == "http" and span.is_recording():
            span.set_attribute("http.response.status_code", status)
            if status >= 500:
                span.set_status(StatusCode.ERROR)
            describe(span, request)
            span.end()  # a subscription may last for days, and its span ends with its start

    def operate(
        self, request: RequestContext, params: GraphQLParams, *, by_get: bool = False, streamed: bool = False
    ) -> Coroutine[Any, Any, bytes | PreparedSubscription]:
        work = super().operate(request, params, by_get=by_get, streamed=streamed)
        return self.spanned(request, work) if request.scope["type"] == "websocket" else work

    async def spanned(
        self, request: RequestContext, work: Coroutine[Any, Any, bytes | PreparedSubscription]
    ) -> bytes | PreparedSubscription:
        """An operation of a socket."""
        with current(self.tracer.start_span(f"WEBSOCKET {ROUTE}", kind=SpanKind.SERVER)) as span:
            try:
                return await work
            except RequestError as error:
                request.codes = error.codes
                raise
            finally:
                describe(span, request)

    async def read(self, request: RequestContext, documents: Documents, params: GraphQLParams) -> Document:
        with current(self.tracer.start_span("read document")):
            return await super().read(request, documents, params)

    async def make_plans(
        self, request: RequestContext, document: Document, operation: Operation, variables: Variables
    ) -> bool:
        with current(self.tracer.start_span("plan")):
            return await super().make_plans(request, document, operation, variables)


def traced_endpoint(tracer: Tracer) -> type[TracedEndpoint]:
    """The class of an endpoint whose spans `tracer` makes."""
    return type("TracedEndpoint", (TracedEndpoint,), {"tracer": tracer})


class TracedPool(ConnectionPool):
    """A pool, with a span for each planned statement and for each transaction."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        statement_seconds: float,
        writers: int | None,
        wait_limit: float,
        tracer: Tracer,
        digests: Digests,
    ) -> None:
        super().__init__(pool, statement_seconds, writers, wait_limit)
        self.tracer, self.digests = tracer, digests

    async def read(self, sql: str, values: Sequence[Any], caller: Hashable = None) -> str | None:
        with self.statement(sql):
            return await super().read(sql, values, caller)

    async def read_for_event(
        self, sql: str, values: Sequence[Any], caller: Hashable = None, cost: int = 1
    ) -> str | None:
        with self.statement(sql):
            return await super().read_for_event(sql, values, caller, cost)

    @asynccontextmanager
    async def write(self, viewer: Viewer, caller: Hashable = None, **transaction: Any) -> AsyncIterator[Connection]:
        attributes = {"db.system.name": "postgresql", "db.query.summary": "TRANSACTION"}
        span = self.tracer.start_span("TRANSACTION", kind=SpanKind.CLIENT, attributes=attributes)
        try:  # not the current span: a transaction may end in another task than it began
            async with super().write(viewer, caller, **transaction) as connection:
                yield connection
        except Exception as error:
            fail(span, error)
            raise
        finally:
            span.end()

    @contextmanager
    def statement(self, sql: str) -> Iterator[Span]:
        named = summary(sql[:SUMMARIZED])
        attributes = {
            "db.system.name": "postgresql",
            "db.operation.name": "SELECT",
            "db.query.summary": named,
            "cohorte.statement.hash": self.digests.document(sql),
        }
        with current(self.tracer.start_span(named, kind=SpanKind.CLIENT, attributes=attributes)) as span:
            yield span


@contextmanager
def current(span: Span) -> Iterator[Span]:
    """The current span, which ends with the block; of an exception it has the class only."""
    try:
        with use_span(span, record_exception=False, set_status_on_exception=False):
            yield span
    except Exception as error:
        fail(span, error)
        raise
    finally:
        if span.is_recording():
            span.end()


def fail(span: Span, error: Exception) -> None:
    """Marks a span as failed, with the error's class."""
    if span.is_recording():
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(StatusCode.ERROR)


def describe(span: Span, request: RequestContext) -> None:
    """Gives a span what the log has of an operation, except who requested it."""
    known = {
        "cohorte.request.id": request.id,
        "cohorte.view": request.viewer.audience.view,
        "graphql.operation.type": request.kind,
        "cohorte.document.hash": request.document,
        "cohorte.cost": request.cost,
        "error.type": request.codes[0] if request.codes else None,
    }
    span.set_attributes({name: value for name, value in known.items() if value is not None})


@lru_cache(1000)
def summary(sql: str) -> str:
    """A statement's verb and the first of its tables. Names that a client chose have no dot, so they are not found."""
    return " ".join(["SELECT", *list(dict.fromkeys(TABLES.findall(sql)))[:SUMMARY_TABLES]])
