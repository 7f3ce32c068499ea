"""Traces have a span for each request, with its planning and its statements, and cost nothing when they are off."""

import contextlib
import re
import socket as sockets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from server.telemetry.exporters import FLUSH_SECONDS, Telemetry, telemetry
from server.telemetry.tracing import summary
from tests import factories
from tests.support.client import ANYBODY, Ask, serving
from tests.support.network import network_on
from tests.support.subscribers import POST_ADDED, event_stream, socket, subscribed

ROOT = Path(__file__).parents[2]
COMMUNITY = '{ community(slug: "epilepsy") { name condition { name } } }'


class Spans:
    """The spans that have ended, and what makes them."""

    def __init__(self) -> None:
        self.ended = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.ended))
        self.traces = Telemetry(provider.get_tracer("cohorte"))

    def take(self) -> list[ReadableSpan]:
        """Those that have ended since the last call, in the order of their start."""
        found = sorted(self.ended.get_finished_spans(), key=lambda span: span.start_time or 0)
        self.ended.clear()
        return found


def shape(spans: list[ReadableSpan]) -> list[tuple[str, str | None]]:
    """Each span's name, and its parent's."""
    names = {span.context.span_id: span.name for span in spans if span.context is not None}
    return [(span.name, names.get(span.parent.span_id) if span.parent else None) for span in spans]


@contextlib.asynccontextmanager
async def traced(dsn: str) -> AsyncIterator[tuple[Ask, Spans]]:
    spans = Spans()
    async with serving(dsn, spans.traces) as ask:
        yield ask, spans


async def test_a_request_has_a_span_with_its_planning_and_its_statement(dsn: str) -> None:
    statement = "SELECT catalog.condition catalog.community"
    async with traced(dsn) as (ask, spans):
        spans.take()
        answer = await ask.post(ANYBODY, COMMUNITY)
        first = spans.take()
        await ask.post(ANYBODY, COMMUNITY)
        second = spans.take()
    request = "POST /graphql"
    assert shape(second) == [(request, None), (statement, request)]
    assert shape(first) == [(request, None), ("read document", request), ("plan", request), (statement, request)]
    assert (first[0].kind, first[3].kind) == (SpanKind.SERVER, SpanKind.CLIENT)
    about = dict(first[0].attributes or {})
    assert re.fullmatch("[0-9a-f]{16}", str(about.pop("cohorte.document.hash")))
    assert about == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "graphql.operation.type": "query",
        "cohorte.view": "public",
        "cohorte.cost": 6,
        "cohorte.request.id": answer.headers["x-request-id"],
    }
    about = dict(first[3].attributes or {})
    assert re.fullmatch("[0-9a-f]{16}", str(about.pop("cohorte.statement.hash")))
    assert about == {"db.system.name": "postgresql", "db.operation.name": "SELECT", "db.query.summary": statement}


async def test_a_refused_request_has_its_code_and_its_callers_trace(dsn: str) -> None:
    caller = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
    headers = {"traceparent": caller, "tracestate": "some=value"}
    async with traced(dsn) as (ask, spans):
        await ask.http.post("/graphql", json={"query": "{ nothing }"}, headers=headers)
        await ask.http.request("PROPFIND", "/graphql")
        refused, other = (span for span in spans.take() if span.kind is SpanKind.SERVER)
    assert (refused.attributes or {})["error.type"] == "GRAPHQL_VALIDATION_FAILED"
    assert refused.context is not None
    assert refused.parent is not None
    assert f"{refused.context.trace_id:032x}" == caller.split("-")[1]
    assert f"{refused.parent.span_id:016x}" == caller.split("-")[2]
    assert len(refused.context.trace_state) == 0
    assert other.name == "_OTHER /graphql"


async def test_writes_sockets_and_event_streams_are_traced(fresh: str) -> None:
    spans = Spans()
    async with network_on(fresh, traces=spans.traces) as network:
        community = (await factories.community(network.database))["id"]
        ada = await network.member(community)
        discussion = await factories.discussion(network.database, author_id=ada.id, community_id=community)
        topic = {"discussion": f"dis_{discussion['id']}"}
        spans.take()
        await network.do(ada, "postAdd", "post { id }", body="A post", **topic)
        written = shape(spans.take())
        async with socket(network.ask, ada) as opened:
            await opened.subscribe("1", COMMUNITY)
            await opened.data("1")
            over_socket = shape(spans.take())
        async with event_stream(network.ask, ada, POST_ADDED, topic):
            await subscribed(network.ask, 1)
            over_stream = shape(spans.take())  # while it is open
    assert ("TRANSACTION", "POST /graphql") in written
    assert (name := written[0]) == ("POST /graphql", None), name
    assert over_socket[0] == ("WEBSOCKET /graphql", None)
    assert over_socket[-1][1] == "WEBSOCKET /graphql"
    assert ("POST /graphql", None) in over_stream


def test_a_summary_names_tables_and_no_alias() -> None:
    sql = 'SELECT a."FROM_care_planted" AS "x" FROM care.post AS a JOIN care.member AS b ON true, care.post'
    assert summary(sql) == "SELECT care.post care.member"


@pytest.mark.slow
def test_opentelemetry_is_not_imported_unless_an_exporter_is_set() -> None:
    work = """
import sys, app, commands.serve
from server.telemetry.exporters import telemetry
from settings import Settings
assert telemetry({}) is None
app.create_app(Settings(database_url="postgresql://me:secret@127.0.0.1/nowhere"))
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    done = subprocess.run([sys.executable, "-c", work], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_traces_are_off_without_an_exporter_or_if_they_are_switched_off() -> None:
    exporter = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
    for environ in ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, exporter | {"OTEL_SDK_DISABLED": "true"}):
        assert telemetry(environ) is None
    assert telemetry(exporter | {"OTEL_TRACES_EXPORTER": "none"}) is None


@contextlib.contextmanager
def collector(received: list[tuple[str, bytes]]) -> Iterator[str]:
    """Yields the address of a server that takes what an exporter sends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def test_spans_are_sent_to_the_exporter_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[tuple[str, bytes]] = []
    with collector(received) as address:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        made = telemetry({"OTEL_EXPORTER_OTLP_ENDPOINT": address})
        assert made is not None
        made.tracer.start_span("POST /graphql").end()
        made.finish()
    ((path, body),) = received
    assert path == "/v1/traces"
    assert b"POST /graphql" in body
    assert b"cohorte" in body


def test_a_collector_that_does_not_answer_delays_the_end_by_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    with sockets.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "4")  # or else ten seconds, in its own thread
        made = telemetry({"OTEL_EXPORTER_OTLP_ENDPOINT": address})
        assert made is not None
        made.tracer.start_span("POST /graphql").end()
        since = time.monotonic()
        made.finish()
        assert time.monotonic() - since < FLUSH_SECONDS + 2
