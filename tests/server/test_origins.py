"""Cross-origin requests: preflights, what pages of allowed origins may read, and that others get nothing."""

import logging
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from settings import Settings, SettingsError
from tests.support.client import Ask, serving
from tests.support.subscribers import dialled

APP, FOREIGN = "https://app.example", "https://foreign.example"
PREFLIGHT = {
    "origin": APP,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,graphql-require-preflight,authorization",
}


@pytest_asyncio.fixture(scope="module")
async def of_app(dsn: str) -> AsyncIterator[Ask]:
    """Yields a server whose application has an origin of its own."""
    async with serving(dsn, origins=APP) as ask:
        yield ask


async def test_a_preflight_of_an_allowed_origin_is_answered_and_cached(dsn: str) -> None:
    async with serving(dsn, origins=f"{APP}, http://localhost:5173") as ask:
        for path in ("/graphql", "/insights/ins_1.csv"):
            answer = await ask.http.options(path, headers=PREFLIGHT)
            named = {name: value for name, value in answer.headers.items() if name.startswith("access-control")}
            assert answer.status_code == 200
            assert named == {
                "access-control-allow-origin": APP,
                "access-control-allow-credentials": "true",
                "access-control-allow-methods": "GET, HEAD, POST",
                "access-control-allow-headers": "content-type,graphql-require-preflight,authorization",
                "access-control-max-age": "7200",
            }
            assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin",
    [FOREIGN, "null", "http://app.example", APP + ":8443", APP + ".foreign.example", "https://sub.app.example"],
)
async def test_no_other_origin_gets_a_preflight_or_an_answer_it_may_read(of_app: Ask, origin: str) -> None:
    answer = await of_app.http.options("/graphql", headers=PREFLIGHT | {"origin": origin})
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers
    answer = await of_app.http.post("/graphql", json={"query": "{ __typename }"}, headers={"origin": origin})
    assert "access-control-allow-origin" not in answer.headers


async def test_pages_of_an_allowed_origin_read_answers_and_errors_with_their_headers(of_app: Ask) -> None:
    for query, token in (("{ __typename }", None), ("{ nothing }", None), ("{ __typename }", "Bearer x")):
        headers = {"origin": APP} | ({} if token is None else {"authorization": token})
        answer = await of_app.http.post("/graphql", json={"query": query}, headers=headers)
        assert answer.headers["access-control-allow-origin"] == APP
        assert answer.headers["access-control-allow-credentials"] == "true"
        exposed = set(answer.headers["access-control-expose-headers"].split(", "))
        assert exposed >= {"GraphQL-Cost", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id", "ETag"}
        assert "Origin" in answer.headers["vary"]


async def test_without_the_setting_no_answer_is_for_other_origins(ask: Ask) -> None:
    answer = await ask.http.options("/graphql", headers=PREFLIGHT)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_refused_socket_leaves_one_line_in_the_log_a_minute(dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(dsn, origins=APP) as ask:
        with caplog.at_level(logging.WARNING, "cohorte.origins"):
            for _ in range(3):
                with pytest.raises(InvalidStatus):
                    async with dialled(ask, origin=FOREIGN):
                        pass
        (line,) = [record.getMessage() for record in caplog.records if record.name == "cohorte.origins"]
        assert "WebSocket" in line
        assert "COHORTE_ORIGINS" in line
        assert "foreign" not in line


@pytest.mark.parametrize(
    ("written", "origins"),
    [
        ("https://app.example", {"https://app.example"}),
        ("https://App.Example:443/, http://localhost:5173", {"https://app.example", "http://localhost:5173"}),
        ("http://[::1]:80", {"http://[::1]"}),
        ("http://127.0.0.1:8080", {"http://127.0.0.1:8080"}),
    ],
)
def test_origins_are_stored_as_browsers_write_them(written: str, origins: set[str]) -> None:
    assert Settings.from_environment({"COHORTE_ORIGINS": written}).origins == origins


@pytest.mark.parametrize(
    "written",
    [
        "*", "null", "app.example", "https://*.app.example", "https://app.example/path", "https://app.example?a",
        "https://app.example#a", "https://user@app.example", "https://", "ftp://app.example", "https://app.example:x",
        "https://app.example:0x1", "https://app.example,", "https://élan.example", "https://a b.example",
        "https://app.example:99999",
    ],
)  # fmt: skip
def test_no_wildcard_and_nothing_that_is_no_origin_is_accepted(written: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({"COHORTE_ORIGINS": written})
    assert list(refused.value.faults) == ["COHORTE_ORIGINS"]


@pytest.mark.parametrize("origins", [frozenset(), frozenset({APP})], ids=["none", "app"])
@pytest.mark.parametrize("kind", ["preflight", "query by GET", "session cookie"])
async def test_other_refused_requests_leave_a_line_too(
    dsn: str, caplog: pytest.LogCaptureFixture, origins: frozenset[str], kind: str
) -> None:
    headers = {"origin": FOREIGN}
    async with serving(dsn, origins=origins) as ask:
        with caplog.at_level(logging.WARNING, "cohorte.origins"):
            if kind == "preflight":
                await ask.http.options("/graphql", headers=PREFLIGHT | headers)
            elif kind == "query by GET":
                await ask.http.get("/graphql?query={__typename}", headers=headers | {"sec-fetch-site": "cross-site"})
            else:
                headers |= {"graphql-require-preflight": "1", "cookie": f"__Host-cohorte_session={'x' * 43}"}
                await ask.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
            # Neither is a request of the server's own pages, nor one of a client that is no browser.
            own = {"origin": str(ask.http.base_url).rstrip("/")}
            for fine in ({}, own):
                await ask.http.options("/graphql", headers=fine)
                await ask.http.post("/graphql", json={"query": "{ __typename }"}, headers=fine)
    (line,) = [record.getMessage() for record in caplog.records if record.name == "cohorte.origins"]
    assert line.lower().startswith(f"a {kind} was refused".lower())
    assert "foreign" not in line
