"""The graphql-transport-ws protocol: each message and each close code."""

import json
from typing import Any
from unittest import mock

import pytest
from websockets.exceptions import InvalidStatus

from server.events.sockets import MAX_OPERATIONS
from server.operations.errors import overloaded
from server.operations.request_context import RequestContext
from settings import Limits
from tests.support.client import SIGN_OUT, Ask, Caller, serving
from tests.support.subscribers import POST_ADDED, dialled, held, socket, subscribed

WHO = "{ viewer { audience } }"
INIT = '{"type":"connection_init"}'
SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": WHO}}
NOTIFIED = "subscription { notificationAdded { kind } }"


def without(name: str, **more: Any) -> str:
    return json.dumps({key: value for key, value in SUBSCRIBE.items() if key != name} | more)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (["{"], 4400),
        ([""], 4400),
        (["[]"], 4400),
        (["null"], 4400),
        (["[" * 100_000], 4400),
        (["{}"], 4400),
        (['{"type":7}'], 4400),
        (['{"type":"start"}'], 4400),
        (['{"type":"ping","payload":5}'], 4400),
        (['{"type":"pong","payload":[]}'], 4400),
        (['{"type":"connection_init","payload":"x"}'], 4400),
        ([INIT.encode()], 4400),
        ([INIT, without("id")], 4400),
        ([INIT, without("", id="")], 4400),
        ([INIT, without("", id=7)], 4400),
        ([INIT, without("", id="x" * 201)], 4400),
        ([INIT, without("payload")], 4400),
        ([INIT, without("", payload=[])], 4400),
        ([INIT, without("", payload={})], 4400),
        ([INIT, without("", payload={"query": 7})], 4400),
        ([INIT, '{"type":"complete"}'], 4400),
        ([json.dumps(SUBSCRIBE)], 4401),
        (['{"type":"connection_init","payload":{"authorization":"Bearer nothing"}}'], 4403),
        (['{"type":"connection_init","payload":{"authorization":7}}'], 4403),
        (['{"type":"connection_init","payload":{"authorization":"\\ud83d\\ude00"}}'], 4403),
        ([INIT, INIT], 4429),
        (['{"type":"ping","payload":{"x":"' + "x" * 262_144 + '"}}'], 1009),
    ],
)
async def test_an_invalid_message_closes_the_socket(ask: Ask, sent: list[str | bytes], code: int) -> None:
    ask.statements.clear()
    async with dialled(ask) as made:
        for message in sent:
            await made.connection.send(message)
        found, reason = await made.closed()
        assert found == code
        assert "x" * 3 not in reason
    assert ask.statements == []
    await held(ask, 0)


async def test_another_protocol_is_refused(ask: Ask) -> None:
    for subprotocols in (None, ["graphql-ws"], ["graphql-transport-ws-2"]):
        async with dialled(ask, subprotocols=subprotocols) as made:
            assert made.connection.subprotocol is None
            assert await made.closed() == (4406, "Subprotocol not acceptable")


async def test_a_page_of_another_origin_cannot_open_a_socket(ask: Ask) -> None:
    own = f"{ask.http.base_url.host}:{ask.http.base_url.port}"
    for origin in ("https://example.org", "null", "http://[", f"http://{own}.example.org", "http://127.0.0.1"):
        with pytest.raises(InvalidStatus) as refused:
            async with dialled(ask, origin=origin):
                pass
        assert refused.value.response.status_code == 403
    async with socket(ask, origin=f"http://{own}"):
        pass


async def test_other_paths_accept_no_socket(ask: Ask) -> None:
    for path in ("/", "/graphiql", "/graphql/"):
        with pytest.raises(InvalidStatus) as refused:
            async with dialled(ask, path):
                pass
        assert refused.value.response.status_code == 403


async def test_a_client_that_does_not_initialise_is_closed(dsn: str) -> None:
    async with serving(dsn, limits=Limits(request_seconds=0.3)) as ask, dialled(ask) as made:
        await made.send("ping")
        assert await made.closed() == (4408, "Connection initialisation timeout")


async def test_pings_are_answered_before_and_after_initialisation(ask: Ask) -> None:
    async with dialled(ask) as made:
        await made.send("ping", payload={"any": 1})
        assert await made.receive() == {"type": "pong"}
        await made.send("connection_init", payload=None)
        assert await made.receive() == {"type": "connection_ack"}
        await made.send("pong", payload={"any": 1})
        await made.send("ping")
        assert await made.receive() == {"type": "pong"}


async def test_a_query_is_answered_and_completed_in_one_statement(ask: Ask, patient: Caller) -> None:
    async with socket(ask, patient) as made:
        for _ in range(2):  # the same id again: the first is over
            ask.statements.clear()
            await made.subscribe("é", WHO)
            assert await made.data("é") == {"viewer": {"audience": "PATIENT"}}
            assert await made.receive() == {"type": "complete", "id": "é"}
            assert len(ask.statements) == 1


async def test_a_token_may_come_with_the_handshake_or_in_any_case(ask: Ask, manager: Caller) -> None:
    async with socket(ask, additional_headers=manager.headers) as made:
        await made.subscribe("1", WHO)
        assert await made.data("1") == {"viewer": {"audience": "MANAGER"}}
    async with dialled(ask) as made:
        await made.send("connection_init", payload={"Authorization": manager.headers["authorization"]})
        await made.receive()
        await made.subscribe("1", WHO)
        assert await made.data("1") == {"viewer": {"audience": "MANAGER"}}


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("", None, "BAD_USER_INPUT"),
        ("{ secret word", None, "GRAPHQL_PARSE_FAILED"),
        ("{ secret }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: Int) { indicators(first: $a) { id } }", {"a": "secret"}, "BAD_USER_INPUT"),
        ("{ " + "viewer { audience } " * 2_000 + "}", None, "LIMIT_EXCEEDED"),
        ("query($l: [ID!]!) { nodes(ids: $l) { id } }", {"l": ["a"] * 101}, "LIMIT_EXCEEDED"),
        ("query A { viewer { audience } } query B { viewer { audience } }", None, "BAD_USER_INPUT"),
        ("subscription { surveyOpened { id } notificationAdded { id } }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { __typename }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { flagRaised { id } }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { postAdded(discussion: \"none\") { id } }", None, "BAD_USER_INPUT"),
        ("subscription { surveyOpened(community: \"none\") { id } }", None, "BAD_USER_INPUT"),
    ],
)  # fmt: skip
async def test_a_refused_operation_ends_without_closing_the_socket(
    ask: Ask, patient: Caller, query: str, variables: dict[str, Any] | None, code: str
) -> None:
    async with socket(ask, patient) as made:
        await made.subscribe("stays", NOTIFIED)
        await subscribed(ask, 1)
        await made.subscribe("refused", query, variables)
        received = await made.receive()
        assert (received["type"], received["id"]) == ("error", "refused")
        assert {error["extensions"]["code"] for error in received["payload"]} == {code}
        await made.subscribe("refused", WHO)
        assert await made.data("refused") == {"viewer": {"audience": "PATIENT"}}
        await subscribed(ask, 1)
    await subscribed(ask, 0)


@pytest.mark.parametrize(
    ("kind", "again"), [("subscription", True), (None, True), ("query", False), ("mutation", False)]
)
async def test_a_subscription_that_a_busy_server_cannot_begin_is_begun_again(
    ask: Ask, patient: Caller, kind: str | None, again: bool
) -> None:
    """Clients of the protocol give up a subscription that ends with an error, and repeat it if the socket closes."""

    async def busy(request: RequestContext, *_: object, **__: object) -> bytes:
        request.kind = kind
        raise overloaded()

    assert ask.app.endpoint is not None
    async with socket(ask, patient) as opened:
        with mock.patch.object(ask.app.endpoint, "operate", busy):
            await opened.subscribe("1", NOTIFIED)
            if again:
                assert await opened.closed() == (1013, "Try again later")
                return
            assert (await opened.receive())["type"] == "error"
        await opened.subscribe("1", WHO)
        assert await opened.data("1") == {"viewer": {"audience": "PATIENT"}}


async def test_a_view_without_subscriptions_refuses_them(ask: Ask, laboratory: Caller) -> None:
    for who in (laboratory, None):
        async with socket(ask, *[who] if who else []) as made:
            await made.subscribe("1", NOTIFIED)
            received = await made.receive()
            assert (received["type"], received["payload"][0]["extensions"]["code"]) == (
                "error",
                "GRAPHQL_VALIDATION_FAILED",
            )


async def test_reusing_an_active_operation_id_closes_the_socket(ask: Ask, patient: Caller) -> None:
    async with socket(ask, patient) as made:
        await made.subscribe("1", NOTIFIED)
        await made.subscribe("1", WHO)
        assert await made.closed() == (4409, "Subscriber for this id already exists")
    await subscribed(ask, 0)


async def test_a_socket_carries_a_hundred_operations(ask: Ask, patient: Caller) -> None:
    async with socket(ask, patient) as made:
        for number in range(MAX_OPERATIONS):
            await made.subscribe(str(number), NOTIFIED)
        await subscribed(ask, MAX_OPERATIONS)
        await made.subscribe("more", NOTIFIED)
        received = await made.receive()
        assert (received["type"], received["id"]) == ("error", "more")
        assert received["payload"][0]["extensions"] == {
            "code": "LIMIT_EXCEEDED",
            "limit": "operations",
            "most": MAX_OPERATIONS,
        }
        await made.send("complete", id="7")
        await subscribed(ask, MAX_OPERATIONS - 1)
        await made.subscribe("more", WHO)
        assert await made.data("more") == {"viewer": {"audience": "PATIENT"}}
    await subscribed(ask, 0)


async def test_completing_an_unknown_operation_does_nothing(ask: Ask) -> None:
    async with socket(ask) as made:
        await made.send("complete", id="none")
        assert await made.quiet()


async def test_signing_out_over_a_socket_closes_it(fresh: str) -> None:
    async with serving(fresh) as ask:
        who = await ask.sign_in("patient")
        async with socket(ask, who) as made, socket(ask, who) as other, socket(ask) as anonymous:
            await made.subscribe("1", SIGN_OUT)
            assert await made.closed() == (4403, "Forbidden")
            assert await other.closed() == (4403, "Forbidden")
            assert (await ask(who, WHO))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert await anonymous.quiet()


async def test_limits_and_discussions_are_checked_before_subscribing(ask: Ask, patient: Caller) -> None:
    async with socket(ask, patient) as made:
        for nobody in ("", "dis_", "dis_00000000-0000-4000-8000-000000000000", "x" * 200):
            await made.subscribe("1", POST_ADDED, {"discussion": nobody})
            received = await made.receive()
            assert (received["type"], received["payload"]) == (
                "error",
                [
                    {
                        "message": "The object to subscribe to does not exist or is not visible to you.",
                        "extensions": {"code": "BAD_USER_INPUT"},
                    }
                ],
            )
        await subscribed(ask, 0)
