"""What the Python client sends, when it sends it again, and which exception a response becomes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from cohorte import Client, errors
from cohorte.exchanges import Options, pause, retry_after
from cohorte.graph.enums import Direction, UserErrorCode

URL = "https://cohorte.example"
PAGE = {"datasets": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}
PAYLOAD = {
    "insight": None,
    "charged": None,
    "quote": None,
    "userErrors": [{"code": "TOO_LATE", "message": "The dataset has ended.", "path": ["input", "dataset"]}],
}

Outcome = httpx.Response | Exception


def ok(data: dict[str, Any] = PAGE) -> httpx.Response:
    return httpx.Response(200, json={"data": data})


def error(status: int, code: str, **headers: str) -> httpx.Response:
    entry = {"message": "No.", "path": ["a", 0], "extensions": {"code": code, "more": 1}}
    return httpx.Response(
        status, json={"errors": [entry]}, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Yields the pauses that were waited for, none of which takes time."""
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    return found


def scripted(*outcomes: Outcome, **more: Any) -> tuple[Client, list[httpx.Request]]:
    """A client whose requests have these outcomes, one after the other; and its requests."""
    requests: list[httpx.Request] = []
    left: Iterator[Outcome] = iter(outcomes)

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        outcome = next(left)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Client("secret", URL, transport=httpx.MockTransport(answer), **more), requests


@pytest.mark.parametrize(
    "outcome",
    [
        httpx.ConnectError("no"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("gone"),
        *(error(status, "INTERNAL_SERVER_ERROR") for status in (502, 503, 504)),
        error(429, "LIMIT_EXCEEDED"),
        httpx.Response(503, text="<html>a proxy</html>"),
    ],
)
def test_what_may_pass_is_sent_again(outcome: Outcome, pauses: list[float]) -> None:
    client, requests = scripted(outcome, outcome, ok())
    assert client.catalogue() == []
    assert len(requests) == 3
    assert len({request.content for request in requests}) == 1
    assert 0.25 <= pauses[0] <= 0.5 <= pauses[1] <= 1.0


@pytest.mark.parametrize(
    "response",
    [
        error(400, "BAD_USER_INPUT"),
        error(401, "UNAUTHENTICATED"),
        error(403, "FORBIDDEN"),
        error(500, "INTERNAL_SERVER_ERROR"),
    ],
)
def test_what_will_not_pass_is_not_sent_again(response: httpx.Response, pauses: list[float]) -> None:
    client, requests = scripted(response)
    with pytest.raises(errors.Failed) as raised:
        client.catalogue()
    assert (len(requests), pauses, raised.value.status) == (1, [], response.status_code)


def test_a_mutation_is_sent_again_with_the_same_key_and_another_one_has_another(pauses: list[float]) -> None:
    refused = {"insightPublish": PAYLOAD}
    client, requests = scripted(httpx.ReadError("lost"), ok(refused), ok(refused))
    for _ in range(2):
        with pytest.raises(errors.Refused) as raised:
            client.publish("dst_1", "sex")
    assert (raised.value.code, raised.value.path) == ("TOO_LATE", ("input", "dataset"))
    assert raised.value.faults[0].message in str(raised.value)
    sent = [json.loads(request.content)["variables"]["input"] for request in requests]
    assert sent[0] == sent[1]
    assert len(sent[0]["clientMutationId"]) == 32
    assert sent[2]["clientMutationId"] != sent[0]["clientMutationId"]


def test_retry_after_is_honoured_up_to_the_patience(pauses: list[float]) -> None:
    client, requests = scripted(error(429, "LIMIT_EXCEEDED", retry_after="7"), ok(), patience=10)
    client.catalogue()
    assert pauses == [7.0]
    client, requests = scripted(error(429, "LIMIT_EXCEEDED", retry_after="11"), patience=10)
    with pytest.raises(errors.LimitExceeded) as raised:
        client.catalogue()
    assert (raised.value.retry_after, len(requests)) == (11.0, 1)


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5", "١", "Fri, 99 Nov 2026 10:00:00 GMT"])
def test_a_retry_after_that_cannot_be_read_is_as_if_there_were_none(text: str) -> None:
    assert retry_after(httpx.Response(503, headers={b"retry-after": text.encode()})) is None


def test_retry_after_may_be_a_date() -> None:
    for minutes, least, most in ((5, 290, 300), (-5, 0, 0)):
        date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
        found = retry_after(httpx.Response(503, headers={"retry-after": date}))
        assert found is not None
        assert least <= found <= most


def test_attempts_end_with_the_last_outcome(pauses: list[float]) -> None:
    client, requests = scripted(*[httpx.ConnectError("secret detail")] * 3, attempts=3)
    with pytest.raises(errors.Unreachable, match="ConnectError") as raised:
        client.catalogue()
    assert (len(requests), len(pauses)) == (3, 2)
    assert "secret" not in str(raised.value)
    client, requests = scripted(*[error(503, "INTERNAL_SERVER_ERROR")] * 2, attempts=2)
    with pytest.raises(errors.ServerFault):
        client.catalogue()
    assert len(requests) == 2


def test_pauses_grow_to_a_limit_and_differ() -> None:
    options = Options(URL, attempts=100)
    longest = [max(pause(options, attempt, httpx.ConnectError("")) or 0 for _ in range(99)) for attempt in range(1, 12)]
    assert all(value <= min(0.5 * 2**place, 30) for place, value in enumerate(longest))
    assert len({pause(options, 8, httpx.ConnectError("")) for _ in range(9)}) > 1
    assert pause(options, 100, httpx.ConnectError("")) is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("LIMIT_EXCEEDED", errors.LimitExceeded),
        ("FORBIDDEN", errors.Forbidden),
        ("GRAPHQL_VALIDATION_FAILED", errors.InvalidRequest),
        ("NOT_FOUND", errors.NotFound),
        ("SOMETHING_LATER", errors.Failed),
    ],
)
def test_an_error_becomes_the_exception_of_its_code(code: str, kind: type[errors.Failed]) -> None:
    client, _ = scripted(error(400, code))
    with pytest.raises(errors.Failed) as raised:
        client.catalogue()
    assert type(raised.value) is kind
    assert (raised.value.code, raised.value.path) == (code, ("a", "0"))
    assert raised.value.faults[0].extensions["more"] == 1


def test_an_error_beside_data_is_an_error() -> None:
    client, _ = scripted(httpx.Response(200, json={"data": PAGE, "errors": error(200, "FORBIDDEN").json()["errors"]}))
    with pytest.raises(errors.Forbidden):
        client.catalogue()


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(404, json={"detail": "nothing"}),
        httpx.Response(302, headers={"location": "https://elsewhere.example/graphql"}),
        httpx.Response(200, json=[]),
    ],
)
def test_another_server_is_named_as_such_and_no_redirect_is_followed(response: httpx.Response) -> None:
    client, requests = scripted(response)
    with pytest.raises(errors.Unreachable, match="not that of a Cohorte server"):
        client.catalogue()
    assert [request.url.host for request in requests] == ["cohorte.example"]


def test_the_key_and_the_url_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COHORTE_API_KEY", "from the environment")
    monkeypatch.setenv("COHORTE_URL", "https://other.example/")
    client = Client()
    assert (client.options.key, client.options.url) == ("from the environment", "https://other.example")
    assert Client("given", URL).options.key == "given"
    assert "given" not in repr(Client("given", URL).options)
    monkeypatch.delenv("COHORTE_URL")
    with pytest.raises(ValueError, match="COHORTE_URL"):
        Client()


@pytest.mark.parametrize(
    "url", ["http://cohorte.example", "http://10.0.0.1:8000", "http://127.0.0.1.example", "http://localhost.example"]
)
def test_a_key_is_never_sent_unencrypted(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COHORTE_API_KEY", raising=False)
    with pytest.raises(ValueError, match="https"):
        Client("secret", url)
    Client(None, url)


@pytest.mark.parametrize("url", ["cohorte.example", "ftp://cohorte.example", "https://", "//cohorte.example"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        Client("secret", url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000", URL])
def test_the_key_is_sent_but_for_what_anybody_reads(url: str) -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        ledger = {"ledgerEntries": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}
        return ok(PAGE | ledger)

    with Client("secret", url, transport=httpx.MockTransport(answer)) as client:
        client.catalogue()
        client.ledger()
    assert seen == ["Bearer secret", None]


def test_values_of_a_later_server_are_accepted() -> None:
    assert UserErrorCode("SOMETHING_LATER").value == "SOMETHING_LATER"
    assert UserErrorCode("INVALID") is UserErrorCode.INVALID
    assert Direction("SIDEWAYS") == "SIDEWAYS"
    payload = PAYLOAD | {"userErrors": [{"code": "SOMETHING_LATER", "message": "No.", "path": []}]}
    client, _ = scripted(ok({"insightPublish": payload}))
    with pytest.raises(errors.Refused) as raised:
        client.publish("dst_1", "sex")
    assert raised.value.code == "SOMETHING_LATER"
