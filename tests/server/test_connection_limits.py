"""How many connections, WebSockets and event streams there may be: by address, by caller and in all."""

import asyncio
import json
import resource
from contextlib import AsyncExitStack
from typing import Any
from unittest import mock

import pytest
from websockets.exceptions import InvalidStatus

from server.events.streams import Streams
from server.http import descriptors
from server.http.addresses import IPNetwork, peer_address
from server.http.connections import Connections, TooManyConnections
from settings import Limits, Settings
from tests.server.test_connections import WHO, get, limited
from tests.support.client import ANYBODY, Ask, serving
from tests.support.raw import Raw, open_connections, raw
from tests.support.subscribers import dialled, event_stream, held, socket, streams_of

NOTIFIED = "subscription { notificationAdded { kind } }"
PROXIES: tuple[IPNetwork, ...] = Settings.model_validate(
    {"trusted_proxies": "127.0.0.1, 2001:db8:1::/48"}
).trusted_proxies


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True

    def get_write_buffer_size(self) -> int:
        return 0


def admitted(connections: Connections, host: str | None) -> Transport:
    transport = Transport()
    connections.admit(transport, mock.Mock(), host)
    return transport


async def test_an_address_has_a_number_of_connections() -> None:
    connections = Connections(Limits(), 100, 2, PROXIES)
    first = [admitted(connections, "192.0.2.1") for _ in range(2)]
    for _ in range(2):
        with pytest.raises(TooManyConnections) as refused:
            admitted(connections, "192.0.2.1")
        assert refused.value.status == 429
    admitted(connections, "192.0.2.2")
    for _ in range(2):
        connections.leave(first[0])  # a second time it is not known any more
    admitted(connections, "192.0.2.1")
    with pytest.raises(TooManyConnections):
        admitted(connections, "::ffff:192.0.2.1")
    for number in range(2):
        admitted(connections, f"2001:db8::{number}")
    with pytest.raises(TooManyConnections):
        admitted(connections, "2001:db8::3")  # of the same customer's network
    admitted(connections, "2001:db8:0:1::1")
    for _ in range(5):
        admitted(connections, "127.0.0.1")  # a proxy
        admitted(connections, "2001:db8:1::7")
        admitted(connections, None)
    for transport in tuple(connections.open):
        connections.leave(transport)
    assert (connections.from_address, connections.waiting) == ({}, {})


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("127.0.0.1", None),
        ("::ffff:127.0.0.1", None),
        ("2001:db8:1:2::3", None),
        ("", None),
    ],
)
def test_a_proxy_is_no_address(host: str, address: str | None) -> None:
    assert peer_address(host, PROXIES) == address


async def test_a_new_connection_takes_the_place_of_the_one_that_has_been_waited_for_the_longest() -> None:
    connections = Connections(Limits(), 4, 4, ())
    transports = [admitted(connections, f"192.0.2.{number}") for number in range(4)]
    made = [connections.open[transport] for transport in transports]
    connections.work(made[0])
    connections.wait(made[1], 5)  # its client has just sent something
    admitted(connections, "192.0.2.5")
    assert [transport.aborted for transport in transports] == [False, False, True, False]
    admitted(connections, "192.0.2.6")
    admitted(connections, "192.0.2.7")
    assert [transport.aborted for transport in transports] == [False, True, True, True]
    for each in connections.open.values():
        connections.work(each)
    with pytest.raises(TooManyConnections) as refused:
        admitted(connections, "192.0.2.8")
    assert refused.value.status == 503
    connections.wait(made[1], 5)  # it is closed: nothing is expected of it
    assert len(connections.open) == 4
    assert connections.waiting == {}


async def is_served(made: Raw) -> bool:
    await made.send(get())
    return (await made.answer()).startswith(b"HTTP/1.1 200")


async def test_an_address_with_too_many_connections_is_refused_and_its_others_are_served(dsn: str) -> None:
    async with serving(dsn, connections_from=6) as ask, AsyncExitStack() as stack:
        assert (await ask.http.get("/healthz")).status_code == 200
        inside = [await stack.enter_async_context(raw(ask)) for _ in range(5)]
        for _ in range(5):
            async with raw(ask) as made:
                received = await made.receive()
                assert received.startswith(b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 5\r\n")
                assert received.endswith(b"\r\n\r\nToo many connections from this address.")
        assert len(ask.connections.open) == 6
        assert (await ask.http.get("/healthz")).status_code == 200
        assert [await is_served(made) for made in inside] == [True] * 5


async def test_silent_connections_keep_nobody_out(dsn: str) -> None:
    async with serving(dsn, connections=30, connections_from=1_000) as ask, AsyncExitStack() as stack:
        assert (await ask.http.get("/healthz")).status_code == 200
        flood = [await stack.enter_async_context(raw(ask)) for _ in range(100)]
        for made in flood[::2]:
            await made.send(b"GET /healthz HTTP/1.1\r\n")
        for _ in range(10):
            async with raw(ask) as made:
                assert await is_served(made)
            assert len(ask.connections.open) <= 30
        assert len([made for made in flood if not await made.is_open()]) >= 70


async def test_a_proxys_connections_are_not_limited_by_its_address(dsn: str) -> None:
    async with serving(dsn, connections_from=3, trusted_proxies="127.0.0.0/8") as ask, AsyncExitStack() as stack:
        made = [await stack.enter_async_context(raw(ask)) for _ in range(10)]
        assert [await is_served(each) for each in made] == [True] * 10


async def test_closed_connections_are_forgotten(ask: Ask) -> None:
    await open_connections(ask, before := len(ask.connections.open))
    for _ in range(3):
        async with raw(ask) as made:
            assert await is_served(made)
        async with socket(ask), dialled(ask) as never:
            await never.connection.send("{")
            await never.closed()
        async with dialled(ask, subprotocols=["other"]) as other:
            await other.closed()
    await open_connections(ask, before)


def streams(number: int) -> Limits:
    return limited(streams=number)


async def test_a_caller_has_a_number_of_sockets_and_event_streams(fresh: str) -> None:
    async with serving(fresh, limits=streams(3)) as ask, AsyncExitStack() as stack:
        counted = streams_of(ask)
        patient, again = await ask.sign_in("patient"), await ask.sign_in("patient")
        for who in (patient, again):  # of one account
            await stack.enter_async_context(socket(ask, who))
        await stack.enter_async_context(event_stream(ask, again, NOTIFIED))
        await held(ask, 3)
        async with dialled(ask) as refused:
            await refused.send("connection_init", payload=patient.headers)
            assert await refused.closed() == (1013, "Too many sockets")
        async with event_stream(ask, patient, NOTIFIED) as stream:
            assert (stream.response.status_code, stream.response.headers["retry-after"]) == (429, "5")
            (error,) = json.loads(await stream.response.aread())["errors"]
            assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": "streams", "most": 3}
        for other in (await ask.sign_in("relative"), ANYBODY):
            async with socket(ask, other):
                pass
        assert (await ask(patient, WHO))["data"]["viewer"]["audience"] == "PATIENT"
        await held(ask, 3)
    assert_nothing_is_counted(ask, counted)


async def test_anonymous_sockets_are_limited_by_their_address_behind_a_proxy(dsn: str) -> None:
    async with serving(dsn, limits=streams(2), trusted_proxies="127.0.0.1") as ask, AsyncExitStack() as stack:
        counted = streams_of(ask)
        for _ in range(2):
            await stack.enter_async_context(socket(ask, additional_headers={"x-forwarded-for": "203.0.113.5"}))
        async with dialled(ask, additional_headers={"x-forwarded-for": "198.51.100.1, 203.0.113.5"}) as refused:
            await refused.send("connection_init")
            assert await refused.closed() == (1013, "Too many sockets")
        for other in ("203.0.113.6", "2001:db8::1"):
            await stack.enter_async_context(socket(ask, additional_headers={"x-forwarded-for": other}))
        await held(ask, 4)
    assert_nothing_is_counted(ask, counted)


async def test_strangers_sockets_leave_room_for_members_and_sockets_for_requests(fresh: str) -> None:
    async with serving(fresh, limits=streams(100), connections=40) as ask, AsyncExitStack() as stack:
        counted, patient = streams_of(ask), await ask.sign_in("patient")
        for _ in range(10):  # a quarter
            await stack.enter_async_context(socket(ask))
        async with dialled(ask) as refused:
            await refused.send("connection_init")
            assert await refused.closed() == (1013, "Try again later")
        for _ in range(10):  # half
            await stack.enter_async_context(socket(ask, patient))
        with pytest.raises(InvalidStatus) as rejected:
            async with dialled(ask):
                pass
        assert (rejected.value.response.status_code, rejected.value.response.headers["retry-after"]) == (503, "2")
        async with event_stream(ask, patient, NOTIFIED) as stream:
            assert stream.response.status_code == 503
        assert (await ask(patient, WHO))["data"]["viewer"]["audience"] == "PATIENT"
    assert_nothing_is_counted(ask, counted)


async def test_silent_sockets_behind_a_proxy_keep_no_member_out(fresh: str) -> None:
    """They come from many addresses: each takes the place of one that has been silent for longer."""
    settings: dict[str, Any] = {"limits": streams(100), "connections": 64, "trusted_proxies": "127.0.0.1"}
    async with serving(fresh, **settings) as ask, AsyncExitStack() as stack:
        counted, patient = streams_of(ask), await ask.sign_in("patient")
        silent = []
        for number in range(40):  # more than half of the connections
            silent.append(await stack.enter_async_context(dialled(ask, additional_headers=forwarded(number))))
        await held(ask, 8)
        async with socket(ask, patient, additional_headers=forwarded(0)):
            assert len(counted.silent) == 7
            assert await silent[0].closed() == (4408, "Connection initialisation timeout")
            await silent[-1].send("connection_init")  # one that is no longer silent has a place among strangers
            assert await silent[-1].receive() == {"type": "connection_ack"}
            assert (len(counted.silent), counted.anonymous) == (6, 1)
    assert_nothing_is_counted(ask, counted)


async def test_silent_sockets_of_one_address_take_one_anothers_places(dsn: str) -> None:
    settings: dict[str, Any] = {"limits": streams(100), "connections": 64, "trusted_proxies": "127.0.0.1"}
    async with serving(dsn, **settings) as ask, AsyncExitStack() as stack:
        counted = streams_of(ask)
        other = await stack.enter_async_context(dialled(ask, additional_headers=forwarded(1)))
        of_one = [await stack.enter_async_context(dialled(ask, additional_headers=forwarded(2))) for _ in range(20)]
        assert await of_one[0].closed() == (4408, "Connection initialisation timeout")
        assert sorted(counted.silent_from.values()) == [1, 2]
        for each in (other, of_one[-1]):
            await each.send("connection_init")
            assert await each.receive() == {"type": "connection_ack"}
    assert_nothing_is_counted(ask, counted)


def forwarded(number: int) -> dict[str, str]:
    return {"x-forwarded-for": f"203.0.113.{number}"}


def assert_nothing_is_counted(ask: Ask, counted: Streams) -> None:
    assert (counted.silent, counted.silent_from) == ({}, {})
    assert (counted.open, counted.of_caller, counted.anonymous) == (set(), {}, 0)
    assert ask.connections.open == {}
    assert ask.connections.from_address == {}


@pytest.mark.parametrize(
    ("limits", "wanted", "set_to", "available"),
    [
        ((1_024, 4_096), 2_000, 2_000, 2_000),
        ((1_024, 4_096), 20_000, 4_096, 4_096),
        ((1_024, resource.RLIM_INFINITY), 20_000, 20_000, 20_000),
        ((1_024, 1_024), 20_000, None, 1_024),
        ((50_000, 50_000), 20_000, None, 50_000),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), 20_000, None, 20_000),
    ],
)
def test_the_limit_of_descriptors_is_raised_as_far_as_needed(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], wanted: int, set_to: int | None, available: int
) -> None:
    calls: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda kind: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda kind, to: calls.append((kind, to)))
    assert descriptors.descriptors(wanted) == available
    assert calls == ([] if set_to is None else [(resource.RLIMIT_NOFILE, (set_to, limits[1]))])


def test_a_limit_that_cannot_be_raised_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: int, to: tuple[int, int]) -> None:
        raise ValueError

    monkeypatch.setattr(resource, "getrlimit", lambda kind: (300, 4_096))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert descriptors.connections_left(10_000, 200) == (100, 300)
    assert descriptors.connections_left(50, 200) == (50, 300)
    with pytest.raises(descriptors.TooFewDescriptors, match="may have 300 file descriptors and needs at least 310"):
        descriptors.connections_left(10_000, 290)
