"""Logs have one line for each operation, and contain nothing that people wrote."""

import asyncio
import json
import logging
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from models.viewers import ANYBODY as ANYBODY_VIEWER
from models.viewers import Audience, Viewer
from server.telemetry.digests import Digests
from server.telemetry.log_format import JsonFormatter, TextFormatter
from tests import factories
from tests.server.test_edge import WHO
from tests.server.test_planted_values import free_port
from tests.support.client import ANYBODY, SIGN_IN, Ask, serving
from tests.support.eventually import until
from tests.support.network import Network
from tests.support.subscribers import POST_ADDED, event_stream, socket, subscribed

ROOT = Path(__file__).parents[2]


async def test_no_log_contains_what_people_write(fresh: str, caplog: pytest.LogCaptureFixture) -> None:
    planted = "PlantedMarie"
    with caplog.at_level(logging.DEBUG):
        async with serving(fresh) as ask:
            patient = await ask.sign_in("patient")
            await ask(ANYBODY, SIGN_IN, {"email": f"{planted}@demo.example", "password": planted})
            await ask(ANYBODY, f'query {planted} {{ community(slug: "{planted}") {{ name }} }}')
            await ask(ANYBODY, f'{{ community(slug: {{a: "{planted}"}}) {{ name }} {planted} }}')
            await ask(ANYBODY, f'{{ community(slug: "{planted}" ')
            await ask(patient, "query ($p: String!) { member(pseudonym: $p) { about } }", {"p": planted})
            await ask(patient, "query ($n: Int!) { communities(first: $n) { nodes { id } } }", {"n": planted})
            owner = await asyncpg.connect(fresh)
            # A fault whose text from PostgreSQL repeats the value.
            await owner.execute("alter table catalog.community rename column slug to slug_before")
            await owner.close()
            answer = await ask.post(ANYBODY, f'{{ c: community(slug: "{planted}") {{ slug }} }}')
    assert answer.status_code == 500
    (error,) = answer.json()["errors"]
    assert error["message"] == "Internal server error."
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    ours = [record for record in caplog.records if record.name.startswith(("cohorte", "uvicorn", "strawberry"))]
    written = "\n".join(logging.Formatter("%(message)s").format(record) for record in ours)
    assert planted.lower() not in written.lower()
    assert patient.token is not None
    assert patient.token not in written
    faults = [json.loads(record.getMessage()) for record in ours if record.name == "cohorte.faults"]
    assert [(fault["id"], fault["error"]) for fault in faults] == [(error["extensions"]["id"], "UndefinedColumnError")]


def lines_in(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The lines about operations, in order."""
    records = [record.getMessage() for record in caplog.records if record.name == "cohorte.operations"]
    return [json.loads(line) for record in records for line in record.split("\n")]


async def test_each_operation_is_logged_in_one_line(dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "cohorte.operations"):
        async with serving(dsn) as ask:
            answers = [await ask.post(ANYBODY, query) for query in (WHO, "{ nothing }")]
    lines = lines_in(caplog)
    for line, answer in zip(lines, answers, strict=True):
        assert line.pop("ms") > 0
        assert datetime.now(UTC) - datetime.fromisoformat(line.pop("time")) < timedelta(minutes=1)
        assert line.pop("request") == answer.headers["x-request-id"]
        assert line.pop("bytes") == len(answer.content)
        assert (line.pop("level"), line.pop("logger")) == ("info", "cohorte.operations")
    known = {"view": "public", "actor": None}
    assert lines == [
        known | {"type": "query", "document": lines[0]["document"], "cost": 3, "status": 200, "codes": []},
        known | {"type": None, "document": None, "cost": None, "status": 400, "codes": ["GRAPHQL_VALIDATION_FAILED"]},
    ]
    assert len(lines[0]["document"]) == 16


GUESSES = """mutation {
    first: signIn(input: {email: "planted@demo.example", password: "planted-guess"}) { token }
    second: signIn(input: {email: "planted@demo.example", password: "planted-guess"}) { other: userErrors { path } }
}"""


async def test_refusals_are_logged_and_counted_by_code_whatever_is_selected(
    dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    with caplog.at_level(logging.INFO, "cohorte.operations"):
        async with serving(dsn, metrics_port=port) as ask:
            answer = await ask.post(ANYBODY, GUESSES)
            async with socket(ask, ANYBODY) as opened:
                await opened.subscribe("1", GUESSES)
                await opened.data("1")
            async with httpx.AsyncClient(trust_env=False) as http:
                metrics = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    assert "errors" not in answer.json()
    assert [(line["status"], line["codes"]) for line in lines_in(caplog)] == [(200, ["WRONG_CREDENTIALS"])] * 2
    assert "planted" not in caplog.text
    assert 'cohorte_operations_total{code="WRONG_CREDENTIALS",type="mutation",view="public"} 2.0' in metrics


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("0123456789abcdef0123456789ABCDEF", True),
        ("3f1c0a52-7a0e-4d0b-9c53-6f6d9f6a1b2c", True),
        ("Marie Durand, 14 rue Haute", False),
        ("0612345678", False),
        ("0123456789abcdef0123456789abcdefg", False),
        ("", False),
    ],
)
async def test_a_request_keeps_a_well_formed_id_and_gets_another_for_any_other(
    ask: Ask, given: str, taken: bool
) -> None:
    asked = {"query": WHO}
    answer = await ask.http.post("/graphql", json=asked, headers={"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) == taken
    assert re.fullmatch(r"[0-9a-fA-F-]{32,36}", answer.headers["x-request-id"])


async def test_every_response_of_the_endpoint_has_an_id_of_its_own(ask: Ask) -> None:
    sent: list[tuple[str, dict[str, Any]]] = [
        ("POST", {"json": {"query": WHO}}),
        ("POST", {"json": {"query": WHO}, "headers": {"accept": "text/event-stream"}}),
        ("POST", {"content": b"{"}),
        ("GET", {"headers": {"accept": "text/html"}}),
        ("PUT", {}),
    ]
    ids = [(await ask.http.request(method, "/graphql", **more)).headers["x-request-id"] for method, more in sent]
    assert len(set(ids)) == len(ids)


async def test_operations_of_sockets_and_event_streams_are_logged(
    own_network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    community = (await factories.community(own_network.database))["id"]
    ada = await own_network.member(community)
    discussion = await factories.discussion(own_network.database, author_id=ada.id, community_id=community)
    topic = {"discussion": f"dis_{discussion['id']}"}
    given = "0123456789abcdef0123456789abcdef"
    with caplog.at_level(logging.INFO, "cohorte.operations"):
        async with socket(own_network.ask, ada, additional_headers={"x-request-id": given}) as opened:
            response = opened.connection.response
            assert response is not None
            assert response.headers["x-request-id"] == given
            await opened.subscribe("1", WHO)
            await opened.data("1")
            await opened.receive()
            await opened.subscribe("2", "{ nothing }")
            await opened.receive()
            await opened.subscribe("3", POST_ADDED, topic)
            await subscribed(own_network.ask, 1)
        async with event_stream(own_network.ask, ada, POST_ADDED, topic):
            await subscribed(own_network.ask, 1)
        endpoint = own_network.ask.app.endpoint
        assert endpoint is not None
        endpoint.log.write()
    lines = lines_in(caplog)
    assert [line["request"] for line in lines[:3]] == [given] * 3
    assert lines[3]["request"] != given
    assert [(line["type"], line["status"], line["codes"]) for line in lines] == [
        ("query", 200, []),
        (None, 400, ["GRAPHQL_VALIDATION_FAILED"]),
        ("subscription", 200, []),
        ("subscription", 200, []),
    ]
    assert lines[0]["bytes"] == len(b'{"data":{"viewer":{"audience":"PATIENT"}}}')
    assert len({line["actor"] for line in lines}) == 1
    assert lines[0]["actor"] is not None


async def test_operations_that_nobody_waits_for_are_logged_too(
    own_network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    ada = await own_network.member()
    endpoint = own_network.ask.app.endpoint
    assert endpoint is not None
    connections, gate = endpoint.views[Audience.PATIENT].connections, asyncio.Event()
    with caplog.at_level(logging.INFO, "cohorte.operations"):
        size = connections.pool.get_max_size()
        holders = [asyncio.create_task(connections.run(lambda _: gate.wait())) for _ in range(size)]

        async def waits() -> None:
            await until(lambda: connections.busy > size)

        async with socket(own_network.ask, ada) as opened:
            await opened.subscribe("1", "{ me { id } }")
            await waits()
            await opened.send("complete", id="1")
            assert await opened.quiet()
        asked = asyncio.create_task(own_network.ask.post(ada, "{ me { id } }"))
        await waits()
        asked.cancel()
        await until(lambda: len(endpoint.log.lines) + len(lines_in(caplog)) >= 2)
        gate.set()
        await asyncio.gather(*holders)
        endpoint.log.write()
    assert [(line["type"], line["status"], line["codes"]) for line in lines_in(caplog)] == [("query", 499, [])] * 2


async def test_a_fault_is_logged_with_the_id_of_its_request(fresh: str, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(fresh) as ask:
        owner = await asyncpg.connect(fresh)
        await owner.execute("ALTER TABLE catalog.community RENAME COLUMN slug TO slug_before")
        await owner.close()
        answer = await ask.post(ANYBODY, "{ communities { nodes { slug } } }")
    (fault,) = [json.loads(record.getMessage()) for record in caplog.records if record.name == "cohorte.faults"]
    assert fault["request"] == answer.headers["x-request-id"]
    assert fault["sqlstate"] == "42703"


def test_a_caller_has_one_digest_a_day_which_is_not_a_bare_hash() -> None:
    days = [20_513]
    viewer = Viewer(Audience.PATIENT, account=uuid4())
    key = "k" * 32
    one, other, else_keyed = (Digests(each, lambda: days[-1]) for each in (key, key, "l" * 32))
    first = one.caller(viewer)
    assert first == other.caller(viewer) != else_keyed.caller(viewer)
    assert viewer.account is not None
    for text in (viewer.account.bytes, str(viewer.account).encode()):
        assert first != sha256(text).hexdigest()[:16]
    assert one.caller(Viewer(Audience.PATIENT, account=uuid4())) != first
    assert one.caller(ANYBODY_VIEWER) is None
    days.append(20_514)
    assert one.caller(viewer) == other.caller(viewer) != first
    assert Digests().caller(viewer) != Digests().caller(viewer)


def test_a_documents_hash_cannot_be_guessed_without_the_key() -> None:
    digests = Digests("k" * 32)
    assert digests.document(WHO) == Digests("k" * 32).document(WHO) != sha256(WHO.encode()).hexdigest()[:16]


def written_by(formatter: logging.Formatter, name: str, message: str, *values: Any, error: Any = None) -> str:
    record = logging.LogRecord(name, logging.ERROR, "/srv/cohorte/some.py", 7, message, values, error, "work")
    return formatter.format(record)


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()], ids=["json", "text"])
def test_nothing_of_an_exceptions_message_is_written(formatter: logging.Formatter) -> None:
    try:
        raise ValueError("PlantedMarie")
    except ValueError:
        error = sys.exc_info()
    for name in ("asyncio", "uvicorn.error", "opentelemetry.sdk", "py.warnings", "cohorte.due"):
        message = "work failed" if name.startswith("cohorte") else "Task exception: PlantedMarie"
        written = written_by(formatter, name, message, error=error)
        assert "PlantedMarie" not in written
        assert "ValueError" in written
        assert "test_nothing_of_an_exceptions_message_is_written" in written
    assert "PlantedMarie" not in written_by(formatter, "asyncpg", "%s", "PlantedMarie")


def test_every_record_is_one_json_object() -> None:
    lines = b'{"view":"public"}\n{"view":"patient"}'.decode()
    assert written_by(JsonFormatter(), "cohorte.operations", "%s", lines) == lines
    written = json.loads(written_by(JsonFormatter(), "cohorte.due", "%s failed: %s", "a job", "OSError"))
    assert written.pop("time").endswith("+00:00")
    assert written == {"level": "error", "logger": "cohorte.due", "message": "a job failed: OSError"}
    fault = json.loads(written_by(JsonFormatter(), "cohorte.faults", "%s", '{"id": "1", "error": "KeyError"}'))
    assert (fault["id"], fault["error"], fault["logger"]) == ("1", "KeyError", "cohorte.faults")


def test_a_line_of_text_has_the_same_fields() -> None:
    line = '{"time":"2026-11-26T10:00:00.000+00:00","level":"info","logger":"cohorte.operations","view":"public",'
    line += '"actor":null,"status":400,"codes":["LIMIT_EXCEEDED"],"ms":1.5}'
    assert (
        written_by(TextFormatter(), "cohorte.operations", "%s", f"{line}\n{line}").split("\n")
        == ["2026-11-26T10:00:00.000+00:00 INFO cohorte.operations view=public status=400 codes=LIMIT_EXCEEDED ms=1.5"]
        * 2
    )
    assert written_by(TextFormatter(), "cohorte.due", "a job failed").endswith(" ERROR cohorte.due a job failed")


@pytest.mark.slow
def test_python_prints_no_message_of_an_uncaught_exception_either() -> None:
    work = """
import asyncio, sys, threading, warnings
from server.telemetry.log_format import configure
configure("warning", sys.argv[1])
def fails(): raise ValueError("Planted" + "Marie")
class Broken:
    def __del__(self): fails()
async def forgotten():
    async def work(): fails()
    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
asyncio.run(forgotten())
thread = threading.Thread(target=fails)
thread.start()
thread.join()
Broken()
warnings.warn("Planted" + "Marie")
fails()
"""
    for format in ("json", "text"):
        command = [sys.executable, "-c", work, format]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 1
        assert "PlantedMarie" not in done.stdout + done.stderr
        assert len(done.stderr.splitlines()) == 5
        assert done.stderr.count("ValueError") == 4
