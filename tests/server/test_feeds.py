"""Feeds: identical subscriptions are read once, nobody waits for another caller's, and what waits is bounded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import pytest

from planner.operations import Event
from server.databases import pools
from server.events import feeds
from server.events.broker import MAX_QUEUED, Events
from server.events.feeds import OPERATIONS, SUBSCRIPTIONS, Feeds, FeedSource
from server.operations.errors import RequestError
from tests import factories
from tests.server.test_events import NOTIFIED, event_network
from tests.server.test_faults import Held
from tests.support.eventually import PATIENCE_SECONDS
from tests.support.subscribers import POST_ADDED, announce, event_stream, socket, subscribed


class Broken(Exception):
    """What a read may raise."""


class Reading:
    """A source whose reads end when the test says so, with the number of the event as their result."""

    def __init__(self, *, gated: bool = False) -> None:
        self.gate = asyncio.Semaphore(0 if gated else 10**9)
        self.read = 0
        self.hidden: set[int] = set()
        self.size = 0

    async def __call__(self, event: Event) -> bytes | None:
        self.read += 1
        await self.gate.acquire()
        number = event.subject.int
        if number == 13:
            raise Broken
        return None if number in self.hidden else b"%d" % number + b" " * self.size

    def source(self, identity: str = "one", caller: str = "a", cost: int = 1, most: int = 100) -> FeedSource:
        return FeedSource("kind", None, identity, caller, cost, most, self)


class Network:
    def __init__(self, most_bytes: int = 1_000) -> None:
        self.events = Events()
        self.events.started()
        self.feeds = Feeds(self.events, most_bytes)

    async def happen(self, *numbers: int) -> None:
        for number in numbers:
            payload = f'{{"kind": "kind", "subject": "{UUID(int=number)}", "about": null}}'
            self.events.notified(None, 0, "", payload)
        await settle()

    def assert_empty(self) -> None:
        assert (self.feeds.open, self.feeds.numbers, self.feeds.costs, self.events.subscribers) == ({}, {}, {}, {})


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def some(results: AsyncIterator[bytes], number: int) -> list[int]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [int(await anext(results)) for _ in range(number)]


def never() -> None:
    raise AssertionError("nobody is too slow")


async def test_an_event_is_read_once_for_identical_subscriptions_and_each_gets_it() -> None:
    network, reading = Network(), Reading()
    with (
        network.feeds.followed(reading.source(), never) as one,
        network.feeds.followed(reading.source(), never) as two,
        network.feeds.followed(reading.source("other"), never) as other,
    ):
        reading.hidden = {2}
        await network.happen(1, 2, 3)
        for results in (one, two, other):
            assert await some(results, 2) == [1, 3]
        assert reading.read == 6
    network.assert_empty()


async def test_a_subscription_that_joins_others_gets_the_events_from_then_on() -> None:
    network, reading = Network(), Reading(gated=True)
    with network.feeds.followed(reading.source(), never) as first:
        await network.happen(1, 2)  # one is being read, and one waits
        with network.feeds.followed(reading.source(), never) as second:
            await network.happen(3)
            for _ in range(3):
                reading.gate.release()
            assert await some(second, 1) == [3]
            assert await some(first, 3) == [1, 2, 3]
        await network.happen(4)
        reading.gate.release()
        assert await some(first, 1) == [4]
    network.assert_empty()


async def test_one_that_falls_behind_is_ended_and_others_of_its_feed_are_not() -> None:
    network, reading, slow = Network(10**9), Reading(), list[str]()
    with (
        network.feeds.followed(reading.source(), never) as quick,
        network.feeds.followed(reading.source(), lambda: slow.append("slow")),
    ):
        for number in range(100, 100 + MAX_QUEUED):
            await network.happen(number)
            assert await some(quick, 1) == [number]
        assert slow == []
        await network.happen(1)
        assert await some(quick, 1) == [1]
        assert slow == ["slow"]


async def test_the_results_that_wait_for_a_client_are_counted_until_it_takes_them_or_leaves() -> None:
    network, reading, waiting = Network(), Reading(), list[int]()
    with network.feeds.followed(reading.source(), never, waiting.append) as results:
        await network.happen(100, 200)
        assert waiting == [3]  # the second is read when the first is taken
        assert await some(results, 1) == [100]
        await settle()
        assert waiting == [3, -3, 3]
    assert sum(waiting) == 0
    network.assert_empty()


async def test_one_that_leaves_too_many_bytes_is_ended() -> None:
    network, reading, slow = Network(1_000), Reading(), list[str]()
    reading.size = 400
    with (
        network.feeds.followed(reading.source(), never) as quick,
        network.feeds.followed(reading.source(), lambda: slow.append("slow")),
    ):
        for number in range(1, 5):
            assert slow == []
            await network.happen(number)
            assert await some(quick, 1) == [number]
        assert slow == ["slow"]


async def test_a_single_result_of_any_size_is_delivered() -> None:
    network, reading = Network(100), Reading()
    reading.size = 5_000
    with network.feeds.followed(reading.source(), never) as results:
        await network.happen(1)
        assert await some(results, 1) == [1]


async def test_reads_do_not_run_ahead_of_the_quickest() -> None:
    network, reading = Network(), Reading()
    with network.feeds.followed(reading.source(), never) as results, network.feeds.followed(reading.source(), never):
        await network.happen(*range(20, 30))
        assert reading.read == 1
        assert await some(results, 3) == [20, 21, 22]
        await settle()
        assert reading.read == 4


async def test_all_are_ended_if_events_wait_for_reads_without_end() -> None:
    network, reading, slow = Network(), Reading(gated=True), list[int]()
    with (
        network.feeds.followed(reading.source(), lambda: slow.append(1)),
        network.feeds.followed(reading.source(), lambda: slow.append(2)),
    ):
        await network.happen(0)
        await network.happen(*range(20, 20 + MAX_QUEUED))
        assert slow == []
        await network.happen(1)
        assert sorted(slow) == [1, 2]


async def test_what_ends_the_reads_is_reported_to_all_after_their_results() -> None:
    network, reading = Network(), Reading()
    with (
        network.feeds.followed(reading.source(), never) as one,
        network.feeds.followed(reading.source(), never) as two,
    ):
        await network.happen(1, 13)
        for results in (one, two):
            assert await some(results, 1) == [1]
            await settle()
        for results in (one, two):
            with pytest.raises(Broken):
                await anext(results)
        with network.feeds.followed(reading.source(), never) as later:  # which are not those of a feed that has ended
            await network.happen(2)
            assert await some(later, 1) == [2]
    network.assert_empty()


async def test_a_gap_in_events_is_reported_to_all() -> None:
    network, reading = Network(), Reading()
    with (
        network.feeds.followed(reading.source(), never) as one,
        network.feeds.followed(reading.source(), never) as two,
    ):
        network.events.lost()
        for results in (one, two):
            with pytest.raises(RequestError):
                await anext(results)
        with pytest.raises(RequestError), network.feeds.followed(reading.source("other"), never):
            pass
    network.assert_empty()


def refusal(network: Network, source: FeedSource) -> dict[str, Any]:
    with pytest.raises(RequestError) as refused, network.feeds.followed(source, never):
        pass
    extensions: dict[str, Any] = refused.value.errors[0]["extensions"]
    return extensions


async def test_the_subscriptions_of_a_caller_have_a_number_and_a_cost() -> None:
    network, reading = Network(), Reading()
    async with AsyncExitStack() as stack:
        for number in range(OPERATIONS):
            stack.enter_context(network.feeds.followed(reading.source(str(number), cost=100), never))
        over = {"code": "LIMIT_EXCEEDED", "limit": "subscriptions_cost", "most": 400, "asked": 401}
        assert refusal(network, reading.source("more")) == over
        for _ in range(SUBSCRIPTIONS - OPERATIONS):
            stack.enter_context(network.feeds.followed(reading.source("0", cost=100), never))  # one that is read anyway
        over = {"code": "LIMIT_EXCEEDED", "limit": "subscriptions", "most": SUBSCRIPTIONS}
        assert refusal(network, reading.source("0", cost=100)) == over
        stack.enter_context(network.feeds.followed(reading.source("of b", "b", cost=100), never))
    network.assert_empty()


async def test_identical_subscriptions_of_a_session_are_one_statement_and_others_have_their_own(fresh: str) -> None:
    async with event_network(fresh) as network:
        patient, relative = await network.ask.sign_in("patient"), await network.ask.sign_in("relative")
        again = await network.ask.sign_in("patient")
        discussion = (await factories.discussion(network.owner))["id"]
        about = {"discussion": f"dis_{discussion}"}
        async with (
            socket(network.ask, patient) as first,
            socket(network.ask, patient) as second,
            socket(network.ask, relative) as other,
            socket(network.ask, again) as session,
            event_stream(network.ask, patient, POST_ADDED, about) as stream,
        ):
            for id in "12345":
                await first.subscribe(id, POST_ADDED, about)
            for made in (second, other, session):
                await made.subscribe("1", POST_ADDED, about)
            await subscribed(network.ask, 9)
            assert await stream.receive() == (":", None)
            network.ask.statements.clear()
            await network.post(discussion, "Once")
            expected = {"postAdded": {"body": "Once", "author": None}}
            received = [await first.receive() for _ in range(5)]
            assert {each["id"] for each in received} == set("12345")
            answers = [each["payload"]["data"] for each in received]
            answers += [await made.data("1") for made in (second, other, session)]
            answers.append((await stream.receive())[1]["data"])
            assert [answer["postAdded"]["body"] for answer in answers] == [expected["postAdded"]["body"]] * 9
            reads = [each for each in network.ask.statements if "care.post" in each]
            assert len(reads) == 3  # of two sessions, and of another member


async def test_another_members_event_does_not_wait_for_heavy_subscriptions(fresh: str) -> None:
    """All reads of posts wait; one member has 40 of them to be made."""
    async with event_network(fresh, pool_size=4) as network:
        patient, relative = await network.ask.sign_in("patient"), await network.ask.sign_in("relative")
        own = await network.member_of(relative)
        discussion = (await factories.discussion(network.owner))["id"]
        async with socket(network.ask, patient) as floods, socket(network.ask, relative) as waits:
            for number in range(40):
                different = POST_ADDED.replace("body", f"b{number}: body")
                await floods.subscribe(str(number), different, {"discussion": f"dis_{discussion}"})
            await waits.subscribe("1", NOTIFIED)
            await subscribed(network.ask, 41)
            post = await factories.post(network.owner, discussion_id=discussion, body="To all")
            notification = await factories.notification(network.owner, member_id=own)
            async with Held(fresh, "care.post") as held:
                await announce(network.owner, "postAdded", post["id"], discussion)
                await held.until(1)
                await announce(network.owner, "notificationAdded", notification["id"], own)
                assert await waits.data("1") == {"notificationAdded": {"kind": "SURVEY_OPEN"}}
                assert await held.waiters() == 1
            received = {(await floods.receive())["id"] for _ in range(40)}
            assert received == {str(number) for number in range(40)}


async def test_subscribers_that_come_all_at_once_are_all_subscribed(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restart. Requests would be refused: none may wait for the one connection."""
    monkeypatch.setattr(pools, "MAX_WAITING", 0)
    async with event_network(fresh, pool_size=1) as network, AsyncExitStack() as stack:
        patient = await network.ask.sign_in("patient")
        discussion = (await factories.discussion(network.owner))["id"]
        sockets = [await stack.enter_async_context(socket(network.ask, patient)) for _ in range(10)]
        for id in range(10):  # each with a document of its own, so that none is answered with another's
            query = POST_ADDED.replace("body", f"body b{id}: body")
            subscribing = (made.subscribe(str(id), query, {"discussion": f"dis_{discussion}"}) for made in sockets)
            await asyncio.gather(*subscribing)
        await subscribed(network.ask, 100)
        await network.post(discussion, "To all")
        for made in sockets:
            assert {(await made.receive())["type"] for _ in range(10)} == {"next"}


async def test_subscriptions_that_cost_too_much_together_are_refused(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "SUBSCRIPTIONS", 12)
    async with event_network(fresh, cost_patient=20) as network:
        patient = await network.ask.sign_in("patient")
        async with socket(network.ask, patient) as made, socket(network.ask, patient) as more:
            fields = " ".join(f"n{number}: kind" for number in range(15))
            for number in range(4):
                await made.subscribe(str(number), f"subscription {{ n{number}: notificationAdded {{ {fields} }} }}")
            await subscribed(network.ask, 4)
            assert (
                await refused(more, f"subscription {{ other: notificationAdded {{ {fields} }} }}")
                == "subscriptions_cost"
            )
            assert (
                await refused(more, f"subscription {{ notificationAdded {{ {fields} {fields.upper()} }} }}") == "cost"
            )
            for number in range(8):
                await made.subscribe(f"same {number}", f"subscription {{ n0: notificationAdded {{ {fields} }} }}")
            await subscribed(network.ask, 12)
            assert await refused(more, NOTIFIED) == "subscriptions"


async def refused(made: Any, query: str) -> str:
    await made.subscribe("refused", query)
    message = await made.receive()
    assert message["type"] == "error"
    limit: str = message["payload"][0]["extensions"].get("limit", message["payload"][0]["message"])
    return limit
