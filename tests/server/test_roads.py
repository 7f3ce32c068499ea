"""The straight way from a request's bytes to its answer's, and the general one, answer byte for byte the same."""

import json
import re
from typing import Any

import pytest

from models.viewers import Audience
from server.databases.pools import ConnectionPool
from server.http.exchanges import Exchange, exchange_of
from tests.support.client import Ask, Caller
from tests.support.raw import raw

ID = b"x-request-id: 0123456789abcdef0123456789abcdef"
JSON = b"content-type: application/json"
WHO = "{ viewer { audience } }"
LIST = "{ communities(first: 20) { nodes { id name slug treatments(first: 5) { nodes { name } } } } }"
PARTS = b"9\r\n" + b'{"query":' + b"\r\n19\r\n" + json.dumps(WHO).encode() + b"\r\n1\r\n}\r\n0\r\n\r\n"
TOKEN = b"authorization: Bearer "


def request(
    body: bytes, *lines: bytes, method: bytes = b"POST", path: bytes = b"/graphql", bare: bool = False
) -> bytes:
    """The bytes of a request. A `bare` one has only these lines."""
    common = () if bare else (JSON, b"content-length: %d" % len(body))
    return b"\r\n".join((b"%b %b HTTP/1.1" % (method, path), b"host: x", ID, *common, *lines, b"", body))


def query(text: str, *lines: bytes, **more: Any) -> bytes:
    return request(json.dumps({"query": text, **more}).encode(), *lines)


def get(path: bytes, *lines: bytes, method: bytes = b"GET") -> bytes:
    return request(b"", *lines, method=method, path=path, bare=True)


PREFLIGHT = b"graphql-require-preflight: 1"
REQUESTS = {
    "an answer": query(WHO),
    "a list": query(LIST),
    "a list, compressed": query(LIST, b"accept-encoding: gzip"),
    "a small answer to who takes compressed ones": query(WHO, b"accept-encoding: gzip, br"),
    "variables": query("query Q($a: Int) { communities(first: $a) { nodes { name } } }", variables={"a": 2}),
    "a name": query("query A { viewer { audience } } query B { __typename }", operationName="B"),
    "French": query(WHO, b"accept-language: fr"),
    "the cost": query(WHO, b"graphql-cost: 1"),
    "the other type": query(WHO, b"accept: application/graphql-response+json"),
    "an event stream": query(WHO, b"accept: text/event-stream"),
    "parts": request(PARTS, JSON, b"transfer-encoding: chunked", bare=True),
    "GET": get(b"/graphql?query=%7Bviewer%7Baudience%7D%7D", PREFLIGHT),
    "HEAD": get(b"/graphql?query=%7Bviewer%7Baudience%7D%7D", PREFLIGHT, b"connection: close", method=b"HEAD"),
    "the last": query(WHO, b"connection: close"),
    "GET without the header": get(b"/graphql?query=%7Bviewer%7Baudience%7D%7D"),
    "GET of a mutation": get(b"/graphql?query=mutation%7BsignOut%7BuserErrors%7Bcode%7D%7D%7D", PREFLIGHT),
    "a page": get(b"/graphql", b"accept: text/html"),
    "another method": request(b"", method=b"PUT"),
    "another type accepted": query(WHO, b"accept: text/plain"),
    "another type sent": request(b"{}", b"content-length: 2", b"content-type: text/plain", bare=True),
    "encoded": query(WHO, b"content-encoding: gzip"),
    "no JSON": request(b"{"),
    "no object": request(b"[]"),
    "no query": request(b"{}"),
    "nothing": request(b""),
    "too much": request(b" " * 300_000),
    "no document": query("{"),
    "no such field": query("{ nothing }"),
    "no such field, lenient or not": query("{ nothing }", b"accept: application/graphql-response+json"),
    "no such field, streamed": query("{ nothing }", b"accept: text/event-stream"),
    "no such operation": query(WHO, operationName="Other"),
    "a bad variable": query("query Q($a: Int) { communities(first: $a) { nodes { name } } }", variables={"a": "x"}),
    "a bad argument": query("{ communities(first: 1000) { nodes { name } } }"),
    "a bad cursor": query('{ communities(after: "x") { nodes { name } } }'),
    "U+0000": query("query Q($a: String) { communities(after: $a) { nodes { name } } }", variables={"a": "\0"}),
    "too deep": query("{ viewer " * 40 + "{ audience }" + "}" * 40),
    "too many": query("{" + " ".join(f"a{n}: __typename" for n in range(2_000)) + "}"),
    "a subscription": query("subscription { postAdded { id } }"),
    "a document by an id": request(b'{"documentId": "x"}'),
    "introspection": query('{ __type(name: "Community") { name } }'),
    "an invalid token": query(WHO, TOKEN + b"x" * 43),
    "a malformed token": query(WHO, b"authorization: Basic eA=="),
    "a cookie of another site": query(WHO, b"cookie: __Host-cohorte_session=" + b"x" * 43),
    "a cookie that is over": query(WHO, b"cookie: __Host-cohorte_session=" + b"x" * 43, PREFLIGHT),
    "a mutation": query('mutation { passwordResetRequest(input: {email: ""}) { userErrors { code } } }'),
    "a mutation that is refused": query(
        'mutation { signIn(input: {email: "nobody@example.org", password: "nothing"}) { token userErrors { code } } }'
    ),
}


class Roads:
    """A server and whether its answers take the straight way."""

    def __init__(self, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ask, self.straight, self.taken = ask, True, 0
        answer = Exchange.answer

        def counted(exchange: Exchange, fields: bytes, body: bytes) -> bool:
            done = answer(exchange, fields, body)
            self.taken += done
            return done

        monkeypatch.setattr(
            "server.operations.endpoint.exchange_of", lambda *both: exchange_of(*both) if self.straight else None
        )
        monkeypatch.setattr(Exchange, "answer", counted)

    async def answers(self, sent: bytes) -> tuple[bytes, bytes]:
        """The answers on the straight way and on the general one, each as the second on its connection."""
        found = []
        for self.straight in (True, False):
            async with raw(self.ask) as made:
                for _ in range(2):
                    await made.send(sent)
                    if b"connection: close" in sent:
                        answer = await made.receive()
                        break
                    answer = await made.answer()
                    if b"connection: close" in answer:
                        break
            found.append(masked(answer))
        return found[0], found[1]


def masked(answer: bytes) -> bytes:
    """An answer without what differs from one time to the next: the date, ids of errors and what is left of a rate."""
    return re.sub(rb"\r\n(date|ratelimit): [^\r]+|(?<=\")[0-9a-f]{16}(?=\")", b"", answer)


@pytest.fixture
def roads(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> Roads:
    return Roads(ask, monkeypatch)


@pytest.mark.parametrize("kind", REQUESTS)
async def test_a_strangers_request_is_answered_the_same_on_both_roads(roads: Roads, kind: str) -> None:
    straight, general = await roads.answers(REQUESTS[kind])
    assert straight == general
    assert straight.startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("kind", [kind for kind in REQUESTS if "token" not in kind and "cookie" not in kind])
async def test_a_members_request_is_answered_the_same_on_both_roads(roads: Roads, patient: Caller, kind: str) -> None:
    line = b"authorization: " + patient.headers["authorization"].encode() + b"\r\nhost: x\r\n"
    straight, general = await roads.answers(REQUESTS[kind].replace(b"host: x\r\n", line, 1))
    assert straight == general


async def test_the_common_requests_take_the_straight_way(roads: Roads, patient: Caller) -> None:
    for sent in (
        query(WHO),
        query(LIST),
        query(WHO, b"authorization: " + patient.headers["authorization"].encode()),
        query(WHO, b"accept-encoding: gzip"),
        query(WHO, b"accept: application/graphql-response+json"),
        query("{ nothing }"),
    ):
        roads.taken = 0
        await roads.answers(sent)
        assert roads.taken == 2, sent


@pytest.mark.parametrize("error", [OSError(), TimeoutError(), RuntimeError("planted")], ids=repr)
async def test_a_failed_read_is_answered_the_same_on_both_roads(
    roads: Roads, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def failed(*given: Any, **more: Any) -> None:
        raise error

    await roads.answers(query(LIST))
    monkeypatch.setattr(ConnectionPool, "once", failed)
    straight, general = await roads.answers(query(LIST))
    assert straight == general
    assert b"planted" not in straight


async def test_an_overloaded_view_is_answered_the_same_on_both_roads(
    roads: Roads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await roads.answers(query(LIST))
    assert roads.ask.app.endpoint is not None
    monkeypatch.setattr(roads.ask.app.endpoint.views[Audience.PUBLIC].connections, "max_busy", 0)
    straight, general = await roads.answers(query(LIST))
    assert straight == general
    assert straight.startswith(b"HTTP/1.1 503 ")
