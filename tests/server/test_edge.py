"""The HTTP endpoint: every kind of bad request has one clear error."""

import json
from typing import Any

import pytest

from tests.support.client import ANYBODY, Ask, Caller

RESPONSE_JSON = "application/graphql-response+json"
POST = {"content-type": "application/json", "accept": RESPONSE_JSON}
PREFLIGHT = {"graphql-require-preflight": "1"}
WHO = "{ viewer { audience } }"
PUBLIC = {"data": {"viewer": {"audience": "PUBLIC"}}}


async def refused(ask: Ask, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    """The status and the only error of a POST of these bytes; nothing may have reached the database."""
    ask.statements.clear()
    answer = await ask.http.post("/graphql", content=body, headers=POST | headers)
    result = answer.json()
    assert set(result) == {"errors"}
    assert len(result["errors"]) == 1
    assert ask.statements == []
    return answer.status_code, result["errors"][0]


def asking(query: Any, **more: Any) -> bytes:
    return json.dumps({"query": query, **more}).encode()


async def test_a_read_is_one_statement_whose_json_is_returned_unchanged(ask: Ask, anybody: Caller) -> None:
    answer = await ask.post(anybody, WHO)
    assert (answer.status_code, answer.content) == (200, b'{"data":{"viewer":{"audience":"PUBLIC"}}}')
    assert answer.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["cache-control"] == "no-store"
    assert len(ask.statements) == 1


@pytest.mark.parametrize(
    ("accept", "type"),
    [
        ("application/json", "application/json"),
        (RESPONSE_JSON, RESPONSE_JSON),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/graphql-response+json, application/json;q=0.9", RESPONSE_JSON),
        ("application/graphql-response+json;charset=utf-8, application/json", RESPONSE_JSON),
        ("application/graphql-response+json;q=0.5, application/json", "application/json"),
        ("text/html, application/json;q=0.1", "application/json"),
    ],
)
async def test_the_response_has_the_preferred_media_type(ask: Ask, accept: str, type: str) -> None:
    answer = await ask.http.post("/graphql", json={"query": WHO}, headers={"accept": accept})
    assert answer.headers["content-type"] == f"{type}; charset=utf-8"
    assert (answer.status_code, answer.json()) == (200, PUBLIC)


async def test_an_unsupported_media_type_is_refused(ask: Ask) -> None:
    for accept in ("text/html", "application/json;q=0, application/graphql-response+json;q=0"):
        status, error = await refused(ask, asking(WHO), accept=accept)
        assert (status, error["extensions"]) == (406, {"code": "BAD_USER_INPUT"})


@pytest.mark.parametrize(
    "more",
    [
        {"operationName": None, "variables": None, "extensions": None},
        {"operationName": "", "variables": "", "extensions": ""},
        {"operationName": "", "variables": {}, "extensions": {"any": 1}, "unknown": [1]},
    ],
)
async def test_empty_parameters_count_as_missing(ask: Ask, more: dict[str, Any]) -> None:
    answer = await ask.http.post("/graphql", content=asking(WHO, **more), headers=POST)
    assert (answer.status_code, answer.json()) == (200, PUBLIC)


async def test_a_get_may_query_with_a_header_that_prevents_cross_site_requests(ask: Ask) -> None:
    for headers in (PREFLIGHT, {"sec-fetch-site": "same-origin"}):
        empty = {"query": WHO, "operationName": "", "variables": "", "extensions": ""}
        answer = await ask.http.get("/graphql", params=empty, headers=headers)
        assert (answer.status_code, answer.json()) == (200, PUBLIC)
    for headers in ({}, {"sec-fetch-site": "cross-site"}):
        answer = await ask.http.get("/graphql", params={"query": WHO}, headers=headers)
        assert answer.status_code == 400
        assert set(answer.json()) == {"errors"}


async def test_a_mutation_by_get_is_refused(ask: Ask) -> None:
    ask.statements.clear()
    answer = await ask.http.get("/graphql", params={"query": "mutation { __typename }"}, headers=PREFLIGHT)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["errors"][0]["message"] == "Send mutations by POST."
    assert ask.statements == []


async def test_other_methods_are_refused_with_the_allowed_ones(ask: Ask) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        answer = await ask.http.request(method, "/graphql")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"5",
        b'"x"',
        b"[]",
        b'[{"query": "{ viewer { audience } }"}]',
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b"NaN",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"query": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001,
        b"{}",
        asking(None),
        asking(""),
        asking(5),
        asking(["{ viewer { audience } }"]),
        asking(WHO, variables=[1]),
        asking(WHO, variables="x"),
        asking(WHO, variables=0),
        asking(WHO, operationName=7),
        asking(WHO, operationName=["x"]),
        asking(WHO, extensions=7),
        asking(WHO, extensions=[]),
    ],
)
async def test_an_invalid_body_is_a_bad_request(ask: Ask, body: bytes) -> None:
    for accept in (RESPONSE_JSON, "application/json"):
        status, error = await refused(ask, body, accept=accept)
        assert (status, error["extensions"]) == (400, {"code": "BAD_USER_INPUT"})


async def test_a_get_with_invalid_json_parameters_is_a_bad_request(ask: Ask) -> None:
    for more in ({"variables": "{"}, {"variables": "[1]"}, {"extensions": "5"}, {"query": ""}):
        answer = await ask.http.get("/graphql", params={"query": WHO} | more, headers=PREFLIGHT)
        assert answer.status_code == 400
        assert set(answer.json()) == {"errors"}
    assert (await ask.http.get("/graphql?query=%ff", headers=PREFLIGHT)).status_code == 400


@pytest.mark.parametrize(
    "type",
    [
        "text/plain",
        "application/jsonpatch",
        "text/plain, application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=latin-1",
        "",
    ],
)
async def test_a_body_of_another_media_type_is_not_read(ask: Ask, type: str) -> None:
    status, error = await refused(ask, asking(WHO), **{"content-type": type})
    assert (status, error["extensions"]["code"]) == (415, "BAD_USER_INPUT")


async def test_a_compressed_body_is_not_read(ask: Ask) -> None:
    assert (await refused(ask, asking(WHO), **{"content-encoding": "gzip"}))[0] == 415


async def test_a_body_over_256_kib_is_refused_however_it_is_sent(ask: Ask) -> None:
    large = asking(WHO + "#" * 300_000)
    over = {"code": "LIMIT_EXCEEDED", "limit": "body_bytes", "most": 262_144}
    status, error = await refused(ask, large)
    assert (status, error["extensions"]) == (413, over)

    async def chunks() -> Any:
        for start in range(0, len(large), 50_000):
            yield large[start : start + 50_000]

    answer = await ask.http.post("/graphql", content=chunks(), headers=POST)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (413, over)
    assert await ask(ANYBODY, WHO) == PUBLIC


async def test_a_chunked_body_is_assembled(ask: Ask) -> None:
    async def chunks() -> Any:
        for byte in asking(WHO):
            yield bytes([byte])

    answer = await ask.http.post("/graphql", content=chunks(), headers=POST)
    assert (answer.status_code, answer.json()) == (200, PUBLIC)


@pytest.mark.parametrize(
    "alias", ["o", "v", "b", "t", "k0", "value", "data", "o_", "node_0", "excluded", "user", "select"]
)
async def test_no_alias_is_taken_for_a_name_of_the_statement(ask: Ask, patient: Caller, alias: str) -> None:
    text = (
        f"{{ {alias}: viewer {{ {alias}: audience }}"
        f" page: communities(first: 1) {{ {alias}: nodes {{ {alias}: slug }} }}"
        f" me {{ {alias}: dashboard {{ series {{ {alias}: latest {{ {alias}: value }} }} }} }} }}"
    )
    answer = await ask(patient, text)
    assert "errors" not in answer, answer
    assert answer["data"][alias] == {alias: "PATIENT"}
    assert list(answer["data"]["page"][alias][0]) == [alias]
