"""What a scanner of GraphQL servers sends, as graphql-cop does: as a stranger, and as a caller of each view."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.server.test_edge import RESPONSE_JSON
from tests.support.client import ANYBODY, Ask, Caller, serving

CALLERS = (None, "patient", "laboratory", "manager")  # None has not signed in


@dataclass(frozen=True)
class Probe:
    """A request, and the status and code with which it is refused; 200 and None if it is answered."""

    name: str
    status: int
    code: str | None
    body: Any = None
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    demonstration: bool = False  # whether a demonstration, and signed-in callers, are answered

    async def send(self, ask: Ask, who: Caller) -> httpx.Response:
        about: dict[str, Any] = {"json": self.body}
        if self.method == "GET":
            about = {"params": self.body}
        elif isinstance(self.body, str):
            about = {"content": self.body}
        headers = {"accept": RESPONSE_JSON} | who.headers | self.headers
        return await ask.http.request(self.method, "/graphql", headers=headers, **about)


def query(text: str, **more: Any) -> dict[str, Any]:
    return {"query": text, **more}


INVALID, INPUT, LIMIT = "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "LIMIT_EXCEEDED"
FORM = {"content-type": "application/x-www-form-urlencoded"}
CYCLE = "fragment A on Query { ...B } fragment B on Query { ...A }"
NESTED = "{ __schema { types { fields { type { " + "fields { type { " * 14 + "name" + " } }" * 14 + " } } } } }"

PROBES = [
    Probe("introspection", 400, INVALID, query("{ __schema { types { name } } }"), demonstration=True),
    Probe("introspection of one type", 400, INVALID, query('{ __type(name: "Query") { name } }'), demonstration=True),
    Probe(
        "introspection in a fragment",
        400,
        INVALID,
        query("{ ...F } fragment F on Query { __schema { description } }"),
        demonstration=True,
    ),
    Probe("nested introspection", 400, LIMIT, query(NESTED)),
    Probe("alias overloading", 400, LIMIT, query("{" + " ".join(f"a{n}: __typename" for n in range(101)) + "}")),
    Probe("field duplication", 400, LIMIT, query("{" + " __typename" * 500 + "}")),
    Probe("directive overloading", 400, LIMIT, query("{ __typename " + "@aa" * 10 + " }")),
    Probe("repeated directives", 400, LIMIT, query("{ __typename " + "@include(if: true)" * 10 + " }")),
    Probe("circular fragments", 400, INVALID, query("{ ...A } " + CYCLE)),
    Probe("a fragment within itself", 400, INVALID, query("{ ...A } fragment A on Query { ...A }")),
    Probe("circular fragments that nothing uses", 400, INVALID, query("{ __typename } " + CYCLE)),
    Probe("a batch of operations", 400, INPUT, [query("{ __typename }")] * 10),
    Probe("a batch of one", 400, INPUT, [query("{ __typename }")]),
    Probe("a query by GET", 400, INPUT, query("{ __typename }"), "GET"),
    Probe("a mutation by GET", 400, INPUT, query("mutation { __typename }"), "GET"),
    Probe(
        "a mutation by GET with a preflight header",
        405,
        INPUT,
        query("mutation { __typename }"),
        "GET",
        {"graphql-require-preflight": "1"},
    ),
    Probe("a form", 415, INPUT, "query=%7B__typename%7D", headers=FORM),
    Probe("a mutation as a form", 415, INPUT, "query=mutation%7B__typename%7D", headers=FORM),
    Probe("JSON as plain text", 415, INPUT, '{"query": "{ __typename }"}', headers={"content-type": "text/plain"}),
    Probe("an upload", 415, INPUT, "--x--", headers={"content-type": "multipart/form-data; boundary=x"}),
    Probe("a document as the body", 415, INPUT, "{ __typename }", headers={"content-type": "application/graphql"}),
    Probe("tracing", 200, None, query("{ __typename }"), headers={"x-apollo-tracing": "1"}),
    Probe("debugging", 200, None, query("{ __typename }", extensions={"debug": True, "tracing": True})),
    Probe("a federated service's SDL", 400, INVALID, query("{ _service { sdl } }")),
    Probe("an unknown field, for a trace of the error", 400, INVALID, query("{ abc }")),
    Probe("a syntax error, for a trace of the error", 400, "GRAPHQL_PARSE_FAILED", query("{ abc")),
]
# Documents with a wrong name to which one of the public schema is near, and the variables.
NEAR = [
    ("{ vieweer { audience } }", None),
    ("{ __schema { directive } }", None),
    ("{ communities(frist: 1) { nodes { slug } } }", None),
    ("{ viewer { ... on Vieweer { audience } } }", None),
    ("query ($x: Strin) { community(slug: $x) { slug } }", None),
    ('mutation { signIn(input: {email: "a@b.example", pasword: "x"}) { token } }', None),
    ("mutation ($i: SignInInput!) { signIn(input: $i) { token } }", {"i": {"pasword": "x"}}),
    ("mutation ($i: SignInInput = {pasword: 1}) { signIn(input: $i) { token } }", None),
    ("{ treatments(kind: MEDICATIO) { nodes { slug } } }", None),
    ("{ viewer { audience @includ(if: true) } }", None),
]


def check(probe: Probe, answer: httpx.Response) -> None:
    body = answer.json()
    codes = [error["extensions"]["code"] for error in body.get("errors", [])]
    assert (answer.status_code, set(codes)) == (probe.status, {probe.code} if probe.code else set()), probe.name
    # No trace of an error, no tracing, and no more errors than directives that are different.
    assert set(body) == ({"data"} if probe.code is None else {"errors"}), probe.name
    assert all(set(error) <= {"message", "locations", "extensions"} for error in body.get("errors", [])), probe.name
    assert not {"exception", "stacktrace", "tracing", "debug"} & {
        name for error in body.get("errors", []) for name in error["extensions"]
    }, probe.name


@pytest_asyncio.fixture(scope="module")
async def closed(dsn: str) -> AsyncIterator[Ask]:
    """Yields a server that is no demonstration."""
    async with serving(dsn, filled=True, demo=False) as ask:
        yield ask


async def test_a_stranger_outside_the_demonstration_gets_nothing_from_a_probe(closed: Ask) -> None:
    for probe in PROBES:
        closed.statements.clear()
        check(probe, await probe.send(closed, ANYBODY))
        assert probe.code is None or closed.statements == [], probe.name


@pytest.mark.parametrize("who", CALLERS)
async def test_a_caller_of_each_view_gets_nothing_from_a_probe_but_introspection(ask: Ask, who: str | None) -> None:
    caller = await ask.sign_in(who) if who else ANYBODY
    for probe in PROBES:
        answer = await probe.send(ask, caller)
        if probe.demonstration:
            assert (answer.status_code, set(answer.json())) == (200, {"data"}), probe.name
        else:
            check(probe, answer)


@pytest.mark.parametrize(("document", "variables"), NEAR)
async def test_only_who_may_introspect_is_told_what_name_was_meant(
    closed: Ask, document: str, variables: dict[str, Any] | None
) -> None:
    answer = await closed(ANYBODY, document, variables)
    assert answer["errors"]
    assert [error["message"] for error in answer["errors"] if "mean" in error["message"]] == []


async def test_suggestions_are_made_to_who_may_introspect(ask: Ask) -> None:
    suggesting = [document for document, given in NEAR if "Did you mean" in str(await ask(ANYBODY, document, given))]
    assert len(suggesting) >= 6
