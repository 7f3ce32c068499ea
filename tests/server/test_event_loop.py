"""The event loop: no part of one request holds it for long, whatever the request."""

import asyncio
import json
import secrets
import urllib.parse
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import pytest
import pytest_asyncio
from graphql import get_introspection_query

from models.identity.accounts import StaffRole
from server.files.catalogue_files import FORMATS as CATALOGUES
from server.files.insight_files import FORMATS
from tests import factories
from tests.server.test_connections import UPGRADE
from tests.server.test_planning import worst
from tests.support import subscribers
from tests.support.client import ANYBODY, Caller
from tests.support.clusters import clone
from tests.support.exports import requested
from tests.support.network import Network, network_on
from tests.support.raw import raw
from tests.support.watched_server import HELD, WatchedServer, watched
from tests.support.waves import variable, wave

MOST = 0.050  # seconds of CPU
MOST_OF_NEW, TIMES_A_KNOWN_ONE = 0.025, 10  # it is 3 to 5 milliseconds, and three times a known one
TRIES = 3  # of which the shortest counts: caches of processors are shared
CODES = [f"C{number}" for number in range(69)]  # with UNKNOWN, two of them make 4,900 cells: one may have 5,000


@dataclass
class Bench:
    """A watched server, and what requests of the tests are about."""

    server: WatchedServer
    network: Network
    patient: Caller
    buyer: Caller
    manager: Caller
    survey: str
    community: str
    discussion: str
    insight: str
    dataset: str

    async def post(self, who: Caller, body: bytes, **headers: str) -> int:
        headers = who.headers | {"content-type": "application/json", "accept": "*/*"} | headers
        answer = await self.server.http.post("/graphql", content=body, headers=headers)
        return answer.status_code


@pytest_asyncio.fixture(scope="module")
async def bench(template: str) -> AsyncIterator[Bench]:
    """Yields a watched server with a large insight."""
    async with clone(template) as address, network_on(address) as network, watched(address) as server:
        db = network.database
        community = await factories.community(db)
        of = {"community_id": community["id"]}
        buyer = await network.buyer()
        await factories.licence(db, organization_id=buyer.id, **of)
        table = await wave(db, variable("a", *CODES), variable("b", *CODES, ordinal=True), **of)
        await table.size()
        insights = await table.publish(("a", "b"), [100] * 70 * 70, organization_id=buyer.id)
        patient = await network.member(community["id"])
        survey = await factories.survey(db, **of)
        discussion = await factories.discussion(db, **of, author_id=patient.id)
        yield Bench(
            server,
            network,
            patient,
            buyer,
            await network.staff(StaffRole.SURVEY_MANAGER, StaffRole.DATA_STEWARD),
            f"svy_{survey['id']}",
            f"cmt_{community['id']}",
            f"dis_{discussion['id']}",
            insights["b"],
            f"dst_{table.id}",
        )


def body(text: str, **variables: Any) -> bytes:
    """A request with a document that is new each time."""
    return orjson.dumps({"query": text.replace("NEW", "x" + secrets.token_hex(4)), "variables": variables})


def repeated(text: str, times: int, head: str = "") -> str:
    return f"query NEW{head} {{ " + " ".join(f"a{number}: {text}" for number in range(times)) + " }"


def mutations(name: str, kind: str, times: int = 1) -> str:
    declared = ", ".join(f"$v{number}: {kind}!" for number in range(times))
    fields = " ".join(
        f"a{number}: {name}(input: $v{number}) {{ userErrors {{ code message path }} }}" for number in range(times)
    )
    return f"mutation NEW({declared}) {{ {fields} }}"


def questions(number: int, offered: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"key": f"k{at}", "kind": "SINGLE_CHOICE", "text": "Which?", "required": True,
         "options": [{"code": f"c{place}", "label": f"l{place}"} for place in range(offered)], **more}
        for at in range(number)
    ]  # fmt: skip


def survey(bench: Bench, asked: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "community": bench.community, "title": "A survey", "description": "d", "closesOn": "2100-01-01",
        "offeredTo": ["LABORATORY"], "questions": asked,
    } | more  # fmt: skip


Made = tuple[Callable[[Bench], Caller], Callable[[Bench], bytes]]


def anybody(_: Bench) -> Caller:
    return ANYBODY


def patient(bench: Bench) -> Caller:
    return bench.patient


def buyer(bench: Bench) -> Caller:
    return bench.buyer


def manager(bench: Bench) -> Caller:
    return bench.manager


CELLS = "category { code label } by { code label } count marginOfError reliability interval { low high }"
ANSWERS = [{"question": f"q{number}", "codes": ["a"] * 100} for number in range(100)]
FILTERS = [{"variable": "a", "in": ["C1"] * 100} for _ in range(50)]
RULES = [{"question": "k0", "operator": "IN", "values": ["c1"] * 8} for _ in range(20)]

# The worst that is allowed, of each kind; and what is refused, because refusing it takes time too.
REQUESTS: dict[str, Made] = {
    "aliases": (anybody, lambda _: body(worst())),
    "not valid": (anybody, lambda _: body(worst().replace("pageInfo", "unknown"))),
    "too costly": (anybody, lambda _: body(worst().replace("first: 1)", "first: 100)"))),
    "tokens": (anybody, lambda _: body("query NEW {" + " a" * 100_000 + "}")),
    "one long text": (
        anybody, lambda _: body('query NEW { community(slug: "' + "\\\\u00e9" * 30_000 + '") { name } }'),
    ),
    "introspection": (patient, lambda _: body(get_introspection_query().replace("IntrospectionQuery", "NEW"))),
    "introspection, ten times": (
        patient, lambda _: body(repeated("__schema { types { fields { name args { name } } } }", 9)),
    ),
    "variables that nobody uses": (
        anybody, lambda _: body("query NEW { regions }", **{f"v{n}": n for n in range(30_000)}),
    ),
    "introspection with variables": (
        anybody, lambda _: body("query NEW { __typename }", **{f"v{n}": n for n in range(30_000)}),
    ),
    "variables in lists": (anybody, lambda _: body("query NEW { regions }", v=[[[1] * 100] * 100] * 3)),
    "deep variables": (
        anybody, lambda _: b'{"query":"{ regions }","variables":{"v":' + b"[" * 60_000 + b"]" * 60_000 + b"}}",
    ),
    "fields that an input does not have": (
        anybody,
        lambda _: body(
            "mutation NEW($v: SignInInput!) { signIn(input: $v) { token } }", v={f"a{n}": 1 for n in range(18_000)}
        ),
    ),
    "a long password": (
        anybody,
        lambda _: body(
            'mutation NEW($v: String!) { signIn(input: {email: "a@b.example", password: $v}) { token } }',
            v="a\u0301\u0327" * 40_000,
        ),
    ),
    "ten sign-ins": (
        anybody,
        lambda _: body(mutations("signIn", "SignInInput", 10), **{
            f"v{n}": {"email": "a@b.example", "password": "x"} for n in range(10)
        }),
    ),
    "answers, checked many times": (
        patient,
        lambda bench: body(
            repeated("surveyCheck(input: $v) { __typename }", 30, "($v: SurveyCheckInput!)"),
            v={"survey": bench.survey, "answers": ANSWERS},
        ),
    ),
    "answers, checked beside a mutation": (
        patient,
        lambda bench: body(
            'mutation NEW($v: SurveyCheckInput!) { communityLeave(input: {community: "cmt_x"}) { query { '
            + " ".join(f"a{n}: surveyCheck(input: $v) {{ __typename }}" for n in range(30)) + " } } }",
            v={"survey": bench.survey, "answers": ANSWERS},
        ),
    ),
    "answers": (
        patient,
        lambda bench: body(mutations("surveySubmit", "SurveySubmitInput", 3), **{
            f"v{n}": {"survey": bench.survey, "answers": ANSWERS} for n in range(3)
        }),
    ),
    "observations": (
        patient,
        lambda _: body(mutations("observationsRecord", "ObservationsRecordInput", 10), **{
            f"v{n}": {
                "observedOn": "2026-01-01", "entries": [{"indicator": "ind_x", "value": 1, "note": "é" * 50}] * 100
            } for n in range(10)
        }),
    ),
    "observations as literals": (
        patient,
        lambda _: body("mutation NEW { " + " ".join(
            f'a{n}: observationsRecord(input: {{observedOn: "2026-01-01", entries: ['
            + '{indicator: "ind_x", value: 1}' * 50 + "]}) { userErrors { code path } }" for n in range(9)
        ) + " }"),
    ),
    "a survey": (
        manager,
        lambda bench: body(mutations("surveyCreate", "SurveyCreateInput"), v0=survey(bench, questions(99, 70))),
    ),
    "rules of a survey": (
        manager,
        lambda bench: body(
            mutations("surveyCreate", "SurveyCreateInput"), v0=survey(bench, questions(90, 2, visibleWhen=RULES))
        ),
    ),
    "a survey with faults": (
        manager,
        lambda bench: body(
            mutations("surveyCreate", "SurveyCreateInput"),
            v0=survey(bench, questions(95, 85, text="", options=[{"code": "", "label": ""}] * 85)),
        ),
    ),
    "ten surveys with faults": (
        manager,
        lambda bench: body(mutations("surveyCreate", "SurveyCreateInput", 10), **{
            f"v{n}": survey(bench, questions(60, 10, text="", options=[{"code": "", "label": ""}] * 10))
            for n in range(10)
        }),
    ),
    "regions of a survey": (
        manager,
        lambda bench: body(mutations("surveyCreate", "SurveyCreateInput", 10), **{
            f"v{n}": survey(bench, questions(1, 2), eligibility={"regions": ["e\u0301" * 40] * 100}) for n in range(10)
        }),
    ),
    "bins of a survey": (
        manager,
        lambda bench: body(mutations("surveyCreate", "SurveyCreateInput", 3), **{
            f"v{n}": survey(bench, questions(98, 0, kind="NUMBER", options=None, bins=list(range(100))))
            for n in range(3)
        }),
    ),
    "JSON-stat": (buyer, lambda bench: body(repeated(f'insight(id: "{bench.insight}") {{ jsonStat }}', 30))),
    "CSV": (buyer, lambda bench: body(repeated(f'insight(id: "{bench.insight}") {{ csv }}', 15))),
    "reconciled tables": (
        buyer,
        lambda bench: body(repeated(f'insight(id: "{bench.insight}") {{ reconciled {{ cells {{ {CELLS} }} }} }}', 8)),
    ),
    "regrouped cells": (
        buyer,
        lambda bench: body(repeated(f'insight(id: "{bench.insight}") {{ cells(by: ["a"]) {{ {CELLS} }} }}', 5)),
    ),
    "planned cells": (
        buyer,
        lambda bench: body(repeated(f'insight(id: "{bench.insight}") {{ cells {{ {CELLS} }} }}', 4)),
    ),
    "planned cells, executed": (
        buyer,
        lambda bench: body(
            repeated(f'insight(id: "{bench.insight}") {{ cells {{ {CELLS} }} }}', 4).replace(
                "{", "{ dataUses(first: 1) { nodes { ledgerEntry { line } } }", 1
            )
        ),
    ),
    "planned cells beside computed ones": (
        buyer,
        lambda bench: body(
            f'query NEW {{ insight(id: "{bench.insight}") {{ jsonStat ' + " ".join(
                f"a{n}: cells {{ {CELLS} }}" for n in range(4)
            ) + " } }"
        ),
    ),
    "cells that cannot be computed": (
        buyer,
        lambda bench: body(
            repeated(
                f'insight(id: "{bench.insight}") {{ cells(where: $v) {{ count }} }}', 90, "($v: [CategoryFilter!])"
            ),
            v=[*FILTERS, {"variable": "none", "in": ["C1"]}],
        ),
    ),
    "wide rows with a computed field": (
        buyer,
        lambda _: body("query NEW { dataUses(first: 100) { nodes { ledgerEntry { line } " + " ".join(
            f"a{n}: purpose" for n in range(90)
        ) + " } } }"),
    ),
    "not JSON": (anybody, lambda _: b"[" * 262_144),
    "keys of JSON": (
        anybody,
        lambda _: b'{"query":"{ regions }",' + b",".join(b'"%d":0' % n for n in range(25_000)) + b"}",
    ),
    "a megabyte": (anybody, lambda _: b'{"query":"' + b"x" * 1_000_000 + b'"}'),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", REQUESTS)
async def test_no_request_holds_the_event_loop(bench: Bench, name: str) -> None:
    """Neither its document when it is new, nor when it is known."""
    who, make = REQUESTS[name]
    held = []
    for _ in range(TRIES):
        sent = make(bench)
        longest = 0.0
        for _ in range(2):
            await bench.server.held()
            status = await bench.post(who(bench), sent)
            assert status in (200, 400, 413)
            longest = max(longest, await bench.server.held())
        held.append(longest)
        if longest < MOST / 2:
            break
    assert min(held) < MOST, held


@pytest.mark.slow
async def test_a_new_document_holds_the_event_loop_little_longer_than_a_known_one(bench: Bench) -> None:
    new: list[float] = []
    known: list[float] = []
    for _ in range(TRIES):
        sent = body(worst())
        for held in (new, known):
            await bench.server.held()
            assert await bench.post(bench.patient, sent) == 200
            held.append(await bench.server.held())
    # Reading, validating and planning it takes a hundred times as long, in a thread.
    assert min(new) < MOST_OF_NEW, new
    assert min(new) < TIMES_A_KNOWN_ONE * min(known), (new, known)


LONG = 30_000  # a header section of more than 32 KB is refused unread
HEADERS = {
    "accept": [text * (LONG // len(text)) for text in ("a,", ",", ";", "a/b;q=1,", "text/event-stream;q=0,")],
    "accept-encoding": ["," * LONG, "a;q=1," * (LONG // 6)],
    "accept-language": ["," * LONG, "fr;q=1," * (LONG // 7), "a-" * (LONG // 2)],
    "content-type": ["application/json;" + text * LONG for text in ";x"],
    "x-forwarded-for": [",  a" * (LONG // 4), "1.1.1.1," * (LONG // 8)],
    "authorization": ["Bearer " + "x" * LONG],
    "cookie": ["a=b;" * (LONG // 4)],
    "if-none-match": ['"' * LONG, '"a",' * (LONG // 4)],
    "origin": ["http://" + "a" * LONG, "http://" + "[" * LONG],
    "user-agent": ["x" * LONG],
    "x-request-id": ["a" * LONG],
}


@pytest.mark.parametrize("path", ["/graphql", "/schema/public.graphql"])
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in HEADERS.items() for value in values])
async def test_no_header_holds_the_event_loop(bench: Bench, name: str, value: str, path: str) -> None:
    await bench.server.held()
    asked = {"content-type": "application/json", "accept": "*/*", name: value}
    asking = "POST" if path == "/graphql" else "GET"
    answer = await bench.server.http.request(asking, path, content=body("{ regions }"), headers=asked)
    assert answer.status_code != 431
    assert await bench.server.held() < MOST / 2


async def test_a_multipart_body_and_a_long_url_do_not_hold_the_event_loop(bench: Bench) -> None:
    await bench.server.held()
    part = b'--b\r\ncontent-disposition: form-data; name="a"\r\n\r\nx\r\n'
    status = await bench.post(ANYBODY, part * 5_000 + b"--b--", **{"content-type": "multipart/form-data; boundary=b"})
    assert status == 415
    query = urllib.parse.urlencode(
        {"query": "{ regions }", "variables": json.dumps({f"v{n}": n for n in range(2_000)})}
    )
    await bench.server.http.get(f"/graphql?{query}&{'a=&' * 5_000}", headers={"graphql-require-preflight": "1"})
    assert await bench.server.held() < MOST / 2


FRAMES = {
    "pings": b"\x89\x80\0\0\0\0",
    "pongs": b"\x8a\x80\0\0\0\0",
    "messages": b"\x81\x8f\0\0\0\0" + b'{"type":"ping"}',
    "messages that are refused": b"\x81\x80\0\0\0\0",
}


@pytest.mark.parametrize("name", FRAMES)
async def test_no_number_of_frames_holds_the_event_loop(bench: Bench, name: str) -> None:
    """256 KB at once: as much as the loop reads from a connection in one turn."""
    held = []
    for _ in range(TRIES):
        async with raw(bench.server) as made:
            await made.send(UPGRADE)
            assert (await made.part()).startswith(b"HTTP/1.1 101 ")
            await bench.server.held()
            await made.send(FRAMES[name] * (256_000 // len(FRAMES[name])))
            held.append(await bench.server.held())
        if held[-1] < MOST / 2:
            break
    assert min(held) < MOST, held


FILES: dict[str, Callable[[Bench], Caller]] = {
    **{f"/insights/{{0.insight}}.{suffix}": buyer for suffix in FORMATS},
    **{f"/codebooks/{{0.dataset}}.{suffix}": anybody for suffix in ("csv", "html")},
    **{f"/catalogue.{suffix}": anybody for suffix in CATALOGUES},
}


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES)
async def test_no_file_holds_the_event_loop(bench: Bench, path: str) -> None:
    headers = FILES[path](bench).headers | {"accept-encoding": "br"}
    held = []
    for _ in range(TRIES):
        await bench.server.held()
        assert (await bench.server.http.get(path.format(bench), headers=headers)).status_code == 200
        held.append(await bench.server.held())
        if held[-1] < MOST / 2:
            break
    assert min(held) < MOST, held


async def test_an_export_does_not_hold_the_event_loop(bench: Bench) -> None:
    for format in ("JSON", "CSV_ZIP"):
        address = await requested(bench.server, await bench.server.sign_in("patient"), format)
        await bench.server.held()
        assert (await bench.server.http.get(address)).status_code == 200
        assert await bench.server.held() < MOST


@pytest.mark.slow
async def test_an_event_with_many_subscribers_does_not_hold_the_event_loop(bench: Bench) -> None:
    """Five hundred subscriptions, of ten members."""
    community = UUID(bench.community.partition("_")[2])
    async with AsyncExitStack() as sockets:
        opened = []
        for _ in range(10):
            member = await bench.network.member(community)
            opened.append(await sockets.enter_async_context(subscribers.socket(bench.server, member)))
            for number in range(50):
                await opened[-1].subscribe(str(number), subscribers.POST_ADDED, {"discussion": bench.discussion})
        await asyncio.sleep(3)  # until all have begun: what they are sent first is the event
        await bench.server.held()
        payload = await bench.network.do(
            bench.patient, "postAdd", "post { id }", discussion=bench.discussion, body="Hello"
        )
        assert payload["userErrors"] == []
        for socket in opened:
            for _ in range(50):
                assert (await socket.receive())["type"] == "next"
        assert await bench.server.held() < MOST


async def test_views_are_not_collected(bench: Bench) -> None:
    answer: dict[str, int] = (await bench.server.http.get(f"{HELD}?frozen")).json()
    assert answer["frozen"] > 100_000
