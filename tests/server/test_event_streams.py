"""The graphql-sse protocol: every kind of operation and every way that a stream ends."""

import asyncio
from typing import Any

import pytest

from server.events import event_streams
from server.events.event_streams import as_next
from server.operations.requests import takes_events
from tests import factories
from tests.server.test_events import MISSED, NOTIFIED, event_network
from tests.support.client import ANYBODY, SIGN_OUT, Ask, Caller, serving
from tests.support.subscribers import LONG_POST_ADDED, POST_ADDED, event_stream, held, subscribed

WHO = "{ viewer { audience } }"
STREAM = {"accept": "text/event-stream"}
UNAUTHENTICATED = {
    "errors": [
        {
            "message": "Jeton non valable ou expiré\u00a0: reconnectez-vous, ou utilisez une autre clé d’API.",
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    ]
}


async def test_a_post_is_delivered_as_an_event(fresh: str) -> None:
    async with event_network(fresh) as network:
        patient = await network.ask.sign_in("patient")
        discussion = (await factories.discussion(network.owner))["id"]
        async with event_stream(network.ask, patient, POST_ADDED, {"discussion": f"dis_{discussion}"}) as made:
            assert made.response.status_code == 200
            assert made.response.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert made.response.headers["cache-control"] == "no-store"
            assert await made.receive() == (":", None)  # subscribed from now on
            await subscribed(network.ask, 1)
            for body in ("One.\n\r\n\u2028Two: [1,\n2]", "Three"):
                await network.post(discussion, body)
                kind, received = await made.receive()
                assert (kind, received["data"]["postAdded"]["body"]) == ("next", body)
        await subscribed(network.ask, 0)  # its client has gone
        await held(network.ask, 0)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (WHO, {"data": {"viewer": {"audience": "PUBLIC"}}}),
        ("mutation { __typename }", {"data": {"__typename": "Mutation"}}),
    ],
)
async def test_a_query_is_a_stream_of_one_event(ask: Ask, query: str, answer: dict[str, Any]) -> None:
    async with event_stream(ask, ANYBODY, query) as made:
        assert made.response.status_code == 200
        assert [await made.receive() for _ in range(3)] == [("next", answer), ("complete", None), ("", None)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ secret word", "GRAPHQL_PARSE_FAILED"),
        ("{ secret }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { notificationAdded { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ treatments(first: 1000) { nodes { id } } }", "BAD_USER_INPUT"),
    ],
)
async def test_document_errors_are_reported_in_the_stream(ask: Ask, query: str, code: str) -> None:
    async with event_stream(ask, ANYBODY, query) as made:
        assert made.response.status_code == 200
        kind, received = await made.receive()
        assert kind == "next"
        assert [list(received), [error["extensions"]["code"] for error in received["errors"]]] == [["errors"], [code]]
        assert [await made.receive() for _ in range(2)] == [("complete", None), ("", None)]


async def test_request_errors_are_reported_by_the_status(ask: Ask) -> None:
    stranger = Caller("stranger", "a" * 43)
    for who, query, status in ((stranger, WHO, 401), (ANYBODY, "", 400)):
        async with event_stream(ask, who, query) as made:
            assert made.response.status_code == status
            assert made.response.headers["content-type"] == "application/json; charset=utf-8"
    large = await ask.http.post("/graphql", json={"query": "#" * 300_000}, headers=STREAM)
    assert large.status_code == 413
    assert (await ask.http.post("/graphql", content=b"{}", headers=STREAM)).status_code == 415


async def test_a_subscription_is_not_available_as_json(ask: Ask, patient: Caller) -> None:
    for accept in ("application/json", "application/graphql-response+json", "*/*", "text/event-stream;q=0, */*"):
        async with event_stream(ask, patient, NOTIFIED, accept=accept) as made:
            assert made.response.status_code == 406
            received = await made.response.aread()
            assert b"as text/event-stream or over a WebSocket" in received
    await subscribed(ask, 0)


async def test_clients_that_accept_both_get_json_for_a_query(ask: Ask, patient: Caller) -> None:
    accept = "application/graphql-response+json, application/json, text/event-stream"
    answer = await ask.http.post("/graphql", json={"query": WHO}, headers={"accept": accept})
    assert answer.json() == {"data": {"viewer": {"audience": "PUBLIC"}}}
    async with event_stream(ask, patient, NOTIFIED, accept=accept) as made:
        assert await made.receive() == (":", None)


async def test_a_get_may_subscribe_with_a_header_that_prevents_cross_site_requests(ask: Ask, patient: Caller) -> None:
    headers = STREAM | patient.headers
    async with ask.http.stream("GET", "/graphql", params={"query": NOTIFIED}, headers=headers) as response:
        assert response.status_code == 400
    headers["sec-fetch-site"] = "same-origin"  # as a browser's EventSource sends
    async with ask.http.stream("GET", "/graphql", params={"query": NOTIFIED}, headers=headers) as response:
        assert (response.status_code, response.headers["content-type"][:17]) == (200, "text/event-stream")
        await subscribed(ask, 1)
    await subscribed(ask, 0)
    mutation = await ask.http.get("/graphql", params={"query": "mutation { __typename }"}, headers=headers)
    assert (mutation.status_code, mutation.headers["allow"]) == (405, "POST")


async def test_an_idle_stream_sends_keep_alive_comments(
    ask: Ask, patient: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_streams, "KEEP_ALIVE_SECONDS", 0.01)
    async with event_stream(ask, patient, NOTIFIED) as made:
        assert [await made.receive() for _ in range(4)] == [(":", None)] * 4


async def test_only_a_revoked_sessions_streams_end_and_in_every_process(fresh: str) -> None:
    async with serving(fresh) as network, serving(fresh) as there:
        first, second = await network.sign_in("patient"), await network.sign_in("patient")
        async with event_stream(there, first, NOTIFIED) as ended, event_stream(there, second, NOTIFIED) as kept:
            assert await ended.receive() == await kept.receive() == (":", None)
            await network(first, SIGN_OUT)
            assert [await ended.receive() for _ in range(3)] == [
                ("next", UNAUTHENTICATED),
                ("complete", None),
                ("", None),
            ]
            await held(there, 1)
            await subscribed(there, 1)


async def test_a_stream_ends_with_an_error_if_events_may_have_been_missed(ask: Ask, patient: Caller) -> None:
    assert ask.app.endpoint is not None
    events = ask.app.endpoint.events
    async with event_stream(ask, patient, NOTIFIED) as made:
        assert await made.receive() == (":", None)
        events.lost()
        try:
            received = {"errors": [{"message": MISSED, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
            assert [await made.receive() for _ in range(3)] == [("next", received), ("complete", None), ("", None)]
            async with event_stream(ask, patient, NOTIFIED) as refused:
                assert (refused.response.status_code, refused.response.headers["retry-after"]) == (503, "2")
        finally:
            events.started()


async def test_a_stopping_server_ends_its_streams_without_completing_them(fresh: str) -> None:
    async with serving(fresh) as ask:
        opened = event_stream(ask, await ask.sign_in("patient"), NOTIFIED)
        made = await opened.__aenter__()
        assert await made.receive() == (":", None)
        await ask.app.leave()
        assert await made.receive() == ("", None)
        await opened.__aexit__(None, None, None)


async def test_a_slow_reader_is_dropped(fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.events.broker.MAX_QUEUED", 10)
    async with event_network(fresh) as network:
        patient = await network.ask.sign_in("patient")
        discussion = (await factories.discussion(network.owner))["id"]
        async with event_stream(network.ask, patient, LONG_POST_ADDED, {"discussion": f"dis_{discussion}"}):
            await subscribed(network.ask, 1)
            for number in range(40):  # 20 MB: more than its connection holds
                await network.post(discussion, f"{number} " + "x" * 20_000)
                await asyncio.sleep(0)
            await held(network.ask, 0)
            await subscribed(network.ask, 0)


@pytest.mark.parametrize(
    ("accept", "takes"),
    [
        (None, False),
        (b"*/*", False),
        (b"text/*", False),
        (b"application/json", False),
        (b"text/event-stream", True),
        (b"Text/Event-Stream; charset=utf-8", True),
        (b"application/json, text/event-stream;q=0.5", True),
        (b"text/event-stream;q=0.0", False),
    ],
)
def test_event_streams_are_sent_only_to_clients_that_name_them(accept: bytes | None, takes: bool) -> None:
    assert takes_events(accept) is takes


def test_each_event_is_on_one_line() -> None:
    assert as_next(b'{"data":[1, \n 2]}') == b'event: next\ndata: {"data":[1,   2]}\n\n'
