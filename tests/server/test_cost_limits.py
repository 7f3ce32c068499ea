"""Operations that cost more than their caller may spend: refused before they are validated, without any SQL."""

from typing import Any
from unittest import mock

from graphql import get_introspection_query

from server.operations import documents
from tests.support.client import ANYBODY, Ask, Caller

MEMBERS = "members(first: 100) { nodes { %s } }"
BIG = "{ a: communities(first: 100) { nodes { treatments(first: 100) { nodes { name } } } } }"
WITH_SIZE = "query ($n: Int!) { a: communities(first: $n) { nodes { treatments(first: 100) { nodes { name } } } } }"
STALL = "communities { %s }"


def stalling() -> str:
    """Members of the communities of members, of 235 characters: millions of nodes."""
    inner = "pseudonym"
    for _ in range(3):
        inner = STALL % MEMBERS % inner
    return "{ communities(first: 100) { nodes { %s } } }" % (MEMBERS % inner)


async def refused(ask: Ask, who: Caller, text: str, **variables: Any) -> dict[str, Any]:
    answer = await ask.post(who, text, variables)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "LIMIT_EXCEEDED")
    assert [statement for statement in ask.statements if "identity.viewer_of" not in statement] == []
    found: dict[str, Any] = error["extensions"]
    return found


async def test_an_operation_over_the_callers_cost_is_refused(ask: Ask, patient: Caller, laboratory: Caller) -> None:
    assert await refused(ask, ANYBODY, BIG) == {
        "code": "LIMIT_EXCEEDED", "limit": "cost", "most": 1_000, "asked": 10_105,
        "cost": {"requested": 10_105, "limit": 1_000},
    }  # fmt: skip
    assert (await refused(ask, patient, BIG))["cost"] == {"requested": 10_105, "limit": 5_000}
    assert (await refused(ask, laboratory, BIG))["cost"] == {"requested": 10_105, "limit": 10_000}
    assert (await refused(ask, patient, stalling()))["cost"]["requested"] == 1_000_000_000


async def test_it_is_refused_before_it_is_validated(ask: Ask) -> None:
    with mock.patch.object(documents, "faults", side_effect=AssertionError):
        assert (await refused(ask, ANYBODY, BIG + "# 1"))["limit"] == "cost"


async def test_variables_count_whether_or_not_the_document_is_cached(ask: Ask) -> None:
    for _ in range(2):
        assert (await refused(ask, ANYBODY, WITH_SIZE, n=100))["cost"]["requested"] == 10_105
        assert (await ask.post(ANYBODY, WITH_SIZE, {"n": 5})).status_code == 200
    # A refusal with some variables, or of one operation, is not that of others.
    assert (await ask.post(ANYBODY, WITH_SIZE, {"n": 6})).status_code == 200
    both = f"query Big {BIG} query Small {{ regions }}"
    for _ in range(2):
        sent = [await ask.http.post("/graphql", json={"query": both, "operationName": it}) for it in ("Big", "Small")]
        assert ["errors" in one.json() for one in sent] == [True, False]


async def test_the_cost_is_returned_on_request(ask: Ask, patient: Caller) -> None:
    text = "{ communities(first: 7) { nodes { name } } }"
    cost = {"cost": {"requested": 10, "limit": 5_000}}
    plain = (await ask.post(patient, text)).json()
    headers = patient.headers | {"graphql-cost": "1"}
    asked = (await ask.http.post("/graphql", json={"query": text}, headers=headers)).json()
    assert asked == plain | {"extensions": cost}
    executed = 'mutation { signIn(input: {email: "a@b.example", password: "x"}) { token } }'
    answer = (await ask.http.post("/graphql", json={"query": executed}, headers={"graphql-cost": "1"})).json()
    assert answer["extensions"] == {"cost": {"requested": 2 + 10 + 1, "limit": 1_000}}
    assert answer["data"] == {"signIn": {"token": None}}


async def test_refused_operations_have_a_cost_too(ask: Ask, patient: Caller) -> None:
    """Whether or not the refusal is cached, and with the variables of each request."""
    head = patient.headers | {"graphql-cost": "1", "accept": "application/graphql-response+json"}
    cases: list[tuple[str, dict[str, Any], int | None]] = [
        ("{ communities(first: 7) { nodes { unknown } } }", {}, 10),
        ("query ($n: Int) { communities(first: $n) { nodes { unknown } } }", {"n": 3}, 6),
        ("query ($n: Int) { communities(first: $n) { nodes { unknown } } }", {"n": 4}, 7),
        ("query ($n: Int!) { communities(first: $n) { nodes { name } } }", {"n": "text"}, 103),
        (BIG, {}, 10_105),
        ("{ communities(first: 101) { nodes { name } } }", {}, 103),
        ("{ communities(", {}, None),
        ("{ ...A } fragment A on Query { ...A }", {}, None),
    ]
    for text, variables, cost in cases * 2:
        answer = await ask.http.post("/graphql", json={"query": text, "variables": variables}, headers=head)
        found = answer.json()
        assert answer.status_code == 400
        assert found["errors"]
        shown = None if cost is None else {"cost": {"requested": cost, "limit": 5_000}}
        assert found.get("extensions") == shown
    plain = await ask.post(patient, cases[0][0])
    assert list(plain.json()) == ["errors"]


async def test_introspection_fits(ask: Ask, anybody: Caller, patient: Caller, laboratory: Caller) -> None:
    for who in (anybody, patient, laboratory):
        answer = await ask(who, get_introspection_query(input_value_deprecation=True))
        assert answer["data"]["__schema"]["types"]
