"""Values that people enter are planted wherever a request can have one, then looked for in all that operators read."""

import asyncio
import contextlib
import io
import json
import logging
import socket as sockets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from resolvers.jobs import PUBLISHING
from server.telemetry.exporters import Telemetry
from server.telemetry.log_format import JsonFormatter, TextFormatter
from tests import factories
from tests.server.test_edge import WHO
from tests.support.client import ANYBODY, SIGN_IN, Ask, Caller, serving
from tests.support.eventually import becomes
from tests.support.network import Network
from tests.support.newcomers import REGISTER, newcomer
from tests.support.subscribers import dialled, event_stream, socket

PLANTED = "PlantedMarie"
ADDRESS = "plantedmarie@people.example"
POST_ADD = "mutation ($input: PostAddInput!) { postAdd(input: $input) { post { id } userErrors { code } } }"

GET = "/graphql?query=%7Bviewer%7Baudience%7D%7D"
HEADERS = (
    "accept",
    "accept-language",
    "authorization",
    "baggage",
    "content-encoding",
    "content-type",
    "cookie",
    "forwarded",
    "graphql-cost",
    "graphql-require-preflight",
    "host",
    "if-none-match",
    "origin",
    "referer",
    "sec-fetch-site",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-forwarded-for",
    "x-planted",
    "x-request-id",
)
# In each place of a document that a client fills; `{}` is the value, as a name or within a string.
DOCUMENTS = (
    "query {} {{ viewer {{ audience }} }}",
    "query A {{ viewer {{ {}: audience }} }}",
    "query ({0}: Int) {{ viewer {{ audience }} }}",
    "query ($v{0}: Int) {{ communities(first: $v{0}) {{ nodes {{ id }} }} }}",
    "query ($v{0}: Int = 1) {{ communities(first: $v{0}) {{ nodes {{ id }} }} }}",
    "query ($v: {}) {{ viewer {{ audience }} }}",
    "{{ ...{} }}",
    "{{ ...F{0} }} fragment F{0} on Query {{ viewer {{ audience }} }}",
    "{{ ... on {} {{ viewer {{ audience }} }} }}",
    "{{ viewer @{} {{ audience }} }}",
    "{{ viewer @skip(if: {}) {{ audience }} }}",
    "{{ {} }}",
    "{{ viewer {{ {} }} }}",
    "{{ viewer({}: 1) {{ audience }} }}",
    '{{ community(slug: "{}") {{ name }} }}',
    '{{ community(slug: """{}""") {{ name }} }}',
    '{{ {0}: community(slug: "{0}") {{ {0}: name }} }}',
    "{{ community(slug: {}) {{ name }} }}",
    "{{ community(slug: {{a: \"{}\"}}) {{ name }} }}",
    "{{ community(slug: [\"{}\"]) {{ name }} }}",
    '{{ communities(search: "{}") {{ nodes {{ name }} }} }}',
    '{{ communities(after: "{}") {{ nodes {{ name }} }} }}',
    '{{ communities(first: "{}") {{ nodes {{ name }} }} }}',
    '{{ indicators(search: "{}") {{ name }} }}',
    '{{ node(id: "{}") {{ id }} }}',
    '{{ nodes(ids: ["{}"]) {{ id }} }}',
    "# {}\n{{ viewer {{ audience }} }}",
    '{{ community(slug: "{}',
    "{}",
    "subscription {} {{ postAdded(discussion: \"{}\") {{ body }} }}",
    'mutation {} {{ signIn(input: {{email: "{}@people.example", password: "{}"}}) {{ token userErrors {{ code }} }} }}',
    'mutation {{ requestPasswordReset(input: {{email: "{}@people.example"}}) {{ userErrors {{ code }} }} }}',
    'mutation {{ {}: verifyEmail(input: {{email: "{}@people.example", code: "{}"}}) {{ userErrors {{ code }} }} }}',
    'query {{ member(pseudonym: "{}") {{ {}: about }} }}',
    'query {{ {}: __type(name: "{}") {{ name }} }}',
)  # fmt: skip
BODIES = (
    PLANTED,
    json.dumps(PLANTED),
    json.dumps([PLANTED]),
    json.dumps({PLANTED: PLANTED}),
    json.dumps({"query": WHO, PLANTED: PLANTED}),
    json.dumps({"query": WHO, "operationName": PLANTED}),
    json.dumps({"query": WHO, "operationName": [PLANTED]}),
    json.dumps({"query": WHO, "variables": PLANTED}),
    json.dumps({"query": WHO, "variables": {PLANTED: PLANTED}}),
    json.dumps({"query": WHO, "extensions": PLANTED}),
    json.dumps({"query": WHO, "extensions": {PLANTED: {"persistedQuery": PLANTED}}}),
    json.dumps({"query": {PLANTED: 1}}),
    json.dumps({"documentId": PLANTED}),
    json.dumps({"documentId": [PLANTED]}),
    json.dumps({"query": WHO, "documentId": PLANTED}),
    json.dumps({"extensions": {"persistedQuery": {"sha256Hash": PLANTED}}}),
    json.dumps({"extensions": {"persistedQuery": PLANTED}}),
    '{"query": "' + PLANTED,
)
PATHS = (
    f"/{PLANTED}",
    f"/schema/{PLANTED}.graphql",
    f"/graphql/{PLANTED}",
    f"/graphql?query={PLANTED}",
    f"/graphql?query=%7B{PLANTED}%7D&operationName={PLANTED}&variables={PLANTED}",
    f"/graphql?{PLANTED}={PLANTED}",
    f"/graphql?documentId={PLANTED}",
    f"/exports/{PLANTED}",
    f"/insights/{PLANTED}.csv",
    f"/me/export.{PLANTED}",
    f"/readyz?{PLANTED}",
)


@dataclass
class Watched:
    """A server, and what operators read of it."""

    network: Network
    records: list[logging.LogRecord]
    written: tuple[io.StringIO, ...]  # the log in each format
    spans: InMemorySpanExporter
    port: int  # of the metrics

    async def read(self) -> dict[str, str]:
        """What is written so far, by its kind."""
        endpoint = self.network.ask.app.endpoint
        assert endpoint is not None
        endpoint.log.write()
        async with httpx.AsyncClient(trust_env=False) as http:
            metrics = (await http.get(f"http://127.0.0.1:{self.port}/metrics")).text
        found = {f"log {number}": stream.getvalue() for number, stream in enumerate(self.written)}
        found["spans"] = "\n".join(span.to_json() for span in self.spans.get_finished_spans())
        return found | {"metrics": metrics, "postgresql": await postgresql_log(self.network.database)}


async def postgresql_log(owner: asyncpg.Connection) -> str:
    folder = Path(await owner.fetchval("SHOW data_directory"))
    return await asyncio.to_thread((folder / "server.log").read_text, errors="replace")


def free_port() -> int:
    with sockets.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def logged() -> Iterator[tuple[list[logging.LogRecord], tuple[io.StringIO, ...]]]:
    """All records of all loggers, and what both formats write of them."""
    records: list[logging.LogRecord] = []
    streams = io.StringIO(), io.StringIO()

    def keep(record: logging.LogRecord) -> bool:
        records.append(record)
        return True

    handlers = [logging.StreamHandler(stream) for stream in streams]
    for handler, formatter in zip(handlers, (JsonFormatter(), TextFormatter()), strict=True):
        handler.setFormatter(formatter)
    handlers[0].addFilter(keep)
    root, before = logging.getLogger(), logging.getLogger().level
    for handler in handlers:
        root.addHandler(handler)
    # httpx and websockets are this test's own clients, and write what they send.
    quiet = [logging.getLogger(name) for name in ("httpx", "httpcore", "websockets.client")]
    for logger in quiet:
        logger.setLevel(logging.CRITICAL)
    root.setLevel(logging.DEBUG)
    try:
        yield records, streams
    finally:
        root.setLevel(before)
        for logger in quiet:
            logger.setLevel(logging.NOTSET)
        for handler in handlers:
            root.removeHandler(handler)


@contextlib.asynccontextmanager
async def watched(dsn: str, **settings: Any) -> AsyncIterator[Watched]:
    spans, port = InMemorySpanExporter(), free_port()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    with logged() as (records, streams):
        traces = Telemetry(provider.get_tracer("cohorte"))
        async with serving(dsn, traces, publishing=PUBLISHING, metrics_port=port, **settings) as ask:
            database = await asyncpg.connect(dsn)
            try:
                yield Watched(Network(ask, database), records, streams, spans, port)
            finally:
                await database.close()


async def send_requests(ask: Ask, who: Caller) -> int:
    """Sends the value in every place of a request that has one; how many requests."""
    sent = 0
    documents = [document.format(*[PLANTED] * 3) for document in DOCUMENTS]
    for document in documents:
        await ask(who, document, {f"v{PLANTED}": PLANTED})
        await ask(who, document.replace(PLANTED, PLANTED + "2"), {"v": {PLANTED: PLANTED}})
    for header in HEADERS:
        headers = {"content-type": "application/json"} | who.headers | {header: PLANTED}
        for method in ("POST", "GET"):
            content = json.dumps({"query": WHO}) if method == "POST" else None
            await ask.http.request(method, GET, content=content, headers=headers)
    known = {"content-type": "application/json"} | who.headers
    known["traceparent"] = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
    await ask.http.post("/graphql", json={"query": WHO}, headers=known | {"tracestate": f"planted={PLANTED}"})
    for body in BODIES:
        await ask.http.post("/graphql", content=body, headers=known)
    for path in PATHS:
        for method in ("GET", "POST", PLANTED.upper()):
            await ask.http.request(method, path, headers={"graphql-require-preflight": "1"})
            sent += 1
    return sent + 2 * len(documents) + 2 * len(HEADERS) + len(BODIES) + 1


async def send_messages(ask: Ask, who: Caller) -> None:
    """Sends the value in every kind of message of a socket, and over event streams."""
    async with socket(ask, who) as opened:
        for number, document in enumerate(DOCUMENTS):
            await opened.subscribe(f"{PLANTED} {number}", document.format(*[PLANTED] * 3), {PLANTED: PLANTED})
            await opened.receive()
        await opened.send("ping", payload={PLANTED: PLANTED})
        await opened.send(PLANTED)
        await opened.closed()
    for init in ({"authorization": f"Bearer {PLANTED}"}, {"authorization": {PLANTED: 1}}, {PLANTED: PLANTED}, PLANTED):
        async with dialled(ask) as opened:
            await opened.send("connection_init", payload=init)
            await opened.receive() if init == {PLANTED: PLANTED} else await opened.closed()
    async with dialled(ask) as opened:
        await opened.connection.send(PLANTED)
        await opened.closed()
    for document in DOCUMENTS:
        async with event_stream(ask, who, document.format(*[PLANTED] * 3)) as stream:
            await stream.response.aread()


async def break_rows(network: Network) -> list[int]:
    """Has PostgreSQL refuse rows with the value, by errors whose text or detail repeats it; the responses' statuses."""
    database, statuses = network.database, []
    community = (await factories.community(database))["id"]
    ada = await network.member(community)
    discussion = await factories.discussion(database, author_id=ada.id, community_id=community)
    given = {"discussion": f"dis_{discussion['id']}", "body": PLANTED}
    written = await network.ask(ada, POST_ADD, {"input": given})
    assert written["data"]["postAdd"]["userErrors"] == []
    for broken in (
        f"ALTER TABLE care.post ADD CONSTRAINT planted CHECK (body NOT LIKE '%{PLANTED[1:]}%') NOT VALID",
        f"CREATE UNIQUE INDEX planted ON care.post (body) WHERE body = '{PLANTED}'",
        """CREATE FUNCTION care.planted() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no %', new.body USING DETAIL = new.body, HINT = new.body; END $$;
            CREATE TRIGGER planted BEFORE INSERT ON care.post FOR EACH ROW EXECUTE FUNCTION care.planted()""",
        """CREATE OR REPLACE FUNCTION care.planted() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE WARNING 'no %', new.body; PERFORM new.body::integer; END $$""",
    ):
        async with database.transaction():
            await database.execute(broken)
        statuses.append((await network.ask.post(ada, POST_ADD, {"input": given})).status_code)
        if "CONSTRAINT" in broken:
            await database.execute("ALTER TABLE care.post DROP CONSTRAINT planted")
    return statuses


async def refuse_mail(network: Network) -> None:
    """Waits until a mail to the value's address could not be sent."""
    answer = await network.ask(ANYBODY, REGISTER, {"input": newcomer(PLANTED)})
    assert answer["data"]["register"]["userErrors"] == []
    await becomes(lambda: network.database.fetchval("SELECT count(*) FROM identity.outbox_entry WHERE attempts > 0"))


async def test_no_value_of_a_request_is_in_a_log_a_metric_or_a_trace(fresh: str) -> None:
    async with watched(fresh, mail_url=f"smtp://{PLANTED}:{PLANTED}@127.0.0.1:{free_port()}") as server:
        ask = server.network.ask
        member = await ask.sign_in("patient")
        await ask(ANYBODY, SIGN_IN, {"email": ADDRESS, "password": PLANTED})
        for who in (ANYBODY, member):
            assert await send_requests(ask, who) > 100
            await send_messages(ask, who)
        assert await break_rows(server.network) == [200, 200, 200, 200]
        await refuse_mail(server.network)
        # A fault of our own: a statement that names a column that is gone.
        await server.network.database.execute("ALTER TABLE catalog.community RENAME COLUMN slug TO slug_before")
        broken = await ask.post(ANYBODY, f'{{ {PLANTED}: community(slug: "{PLANTED}") {{ slug }} }}')
        assert broken.status_code == 500
        asyncio.get_running_loop().call_exception_handler({"message": PLANTED, "exception": ValueError(PLANTED)})
        found = await server.read()
        token = str(member.token)
    for kind, text in found.items():
        assert len(text) > 500, kind
        assert PLANTED.lower() not in text.lower(), kind
        assert token not in text, kind
    # The search would find it: the same records, as Python writes them by default, have it.
    plain = "\n".join(logging.Formatter("%(message)s").format(record) for record in server.records)
    assert PLANTED in plain
    faults = [json.loads(record.getMessage()) for record in server.records if record.name == "cohorte.faults"]
    assert {fault["sqlstate"] for fault in faults} >= {"23514", "23505", "P0001", "22P02", "42703"}


async def test_the_search_would_find_a_value_in_postgresqls_log(fresh: str) -> None:
    owner = await asyncpg.connect(fresh)
    try:
        for setting in ("log_min_messages = error", "log_min_error_statement = error"):
            await owner.execute(f"SET {setting}")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await owner.execute("SELECT 1 / 0 AS found_by_the_search")
        assert "found_by_the_search" in await postgresql_log(owner)
        url = urlsplit(fresh)
        assert parse_qs(url.query)["host"][0].startswith("/")
    finally:
        await owner.close()


async def test_a_login_that_fails_leaves_no_password_in_postgresqls_log(fresh: str) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(fresh, user="cohorte_patient", password=PLANTED)
    owner = await asyncpg.connect(fresh)
    try:
        assert PLANTED not in await postgresql_log(owner)
    finally:
        await owner.close()
