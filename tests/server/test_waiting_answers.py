"""Answers that wait for the clients of WebSockets and event streams: their bytes are counted and bounded."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from graphql import get_introspection_query

from server.events.sockets import MAX_OPERATIONS
from server.events.streams import LARGEST_ANSWERS, Ending, HeldAnswers, Stream, Streams
from settings import Limits
from tests.server.test_connections import UPGRADE, limited, small_buffers  # noqa: F401 - a fixture
from tests.server.test_streams import OneSession
from tests.support.client import Ask, Caller, serving
from tests.support.raw import Raw, raw
from tests.support.subscribers import held, socket, streams_of

LARGE = get_introspection_query()  # whose answer has 860 KB in the patient view, and is cached
ANSWER = 1_000_000


def frame(**message: Any) -> bytes:
    text = json.dumps(message).encode()
    assert 126 <= len(text) < 65_536
    return b"\x81\xfe" + len(text).to_bytes(2) + b"\0\0\0\0" + text


@asynccontextmanager
async def unread_socket(ask: Ask, who: Caller) -> AsyncIterator[Raw]:
    """A socket of `who` that reads nothing but its acknowledgement."""
    async with raw(ask, buffer=4_096) as made:
        await made.send(UPGRADE)
        assert (await made.part()).startswith(b"HTTP/1.1 101 ")
        await made.send(frame(type="connection_init", payload=who.headers | {"padding": "x" * 100}))
        assert b"connection_ack" in await made.part()
        yield made


async def request(made: Raw, number: int) -> None:
    for id in range(number):
        await made.send(frame(type="subscribe", id=str(id), payload={"query": LARGE}))


@pytest.mark.usefixtures("small_buffers")
@pytest.mark.slow
async def test_the_answers_that_wait_for_a_socket_are_bounded(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client requests a hundred introspections, of 86 MB together, and reads none."""
    most, hold = 0, HeldAnswers.hold

    def watched(self: HeldAnswers, stream: Stream, size: int) -> None:
        nonlocal most
        hold(self, stream, size)
        most = max(most, self.bytes)

    monkeypatch.setattr(HeldAnswers, "hold", watched)
    async with serving(dsn, limits=limited(answer_bytes=ANSWER)) as ask:
        patient = await ask.sign_in("patient")
        async with unread_socket(ask, patient) as made:
            for id in range(MAX_OPERATIONS):
                await made.send(frame(type="subscribe", id=str(id), payload={"query": LARGE}))
            await held(ask, 0)
            assert LARGEST_ANSWERS * ANSWER < most < (LARGEST_ANSWERS + 1) * ANSWER
            assert streams_of(ask).waiting.bytes == 0
            assert streams_of(ask).waiting.behind == {}


@pytest.mark.slow
async def test_a_client_that_reads_gets_all_its_answers(ask: Ask, patient: Caller) -> None:
    async with socket(ask, patient, max_size=None) as made:
        for id in range(20):
            await made.subscribe(str(id), LARGE)
        received = [await made.receive() for _ in range(40)]
        assert {each["id"] for each in received if each["type"] == "complete"} == {str(id) for id in range(20)}
    waiting = streams_of(ask).waiting
    await held(ask, 0)
    assert (waiting.bytes, waiting.behind) == (0, {})


@asynccontextmanager
async def opened(streams: Streams, number: int) -> AsyncIterator[list[Stream]]:
    """Streams whose tasks do nothing but wait."""
    tasks = [asyncio.create_task(asyncio.sleep(60)) for _ in range(number)]
    yield [Stream(task, streams.waiting) for task in tasks]
    for task in tasks:
        task.cancel()


async def test_a_stream_with_too_much_waiting_is_ended_and_no_other() -> None:
    streams = Streams(OneSession(), Limits(answer_bytes=10, unread_bytes=2_000), 100)
    async with opened(streams, 2) as (one, other):
        other.hold(40)
        one.hold(40)
        assert (one.ending, other.ending) == (None, None)
        one.hold(1)
        assert (one.ending, other.ending) == (Ending.SLOW, None)
        one.hold(-41)
        other.hold(-40)
        assert (streams.waiting.bytes, streams.waiting.behind) == (0, {})


async def test_the_streams_that_have_waited_longest_make_room() -> None:
    streams = Streams(OneSession(), Limits(answer_bytes=100, unread_bytes=200), 100)
    async with opened(streams, 4) as (first, *others, last):
        for stream in (last, first, *others):
            stream.hold(20)
        last.hold(-20)  # it has read everything
        last.hold(60)
        assert [each.ending for each in (first, *others, last)] == [Ending.SLOW, None, None, None]
        last.hold(1)  # the ended one is on its way
        assert [each.ending for each in (first, *others, last)] == [Ending.SLOW, Ending.SLOW, None, None]


async def test_one_callers_streams_together_keep_to_half_of_what_may_wait() -> None:
    """And those of many streams do not end another's."""
    streams = Streams(OneSession(), Limits(answer_bytes=10, unread_bytes=400), 100)
    async with opened(streams, 6) as (other, *many):
        other.caller = "a member"
        other.hold(40)  # for the longest
        for stream in many:
            stream.caller = "an attacker"
            stream.hold(25)
        assert [each.ending for each in (other, *many)] == [None, Ending.SLOW, None, None, None, None]
        assert streams.waiting.of_caller == {"a member": 40, "an attacker": 125}
        for stream in many:
            stream.hold(-25)
        other.hold(-40)
        assert (streams.waiting.bytes, streams.waiting.of_caller, streams.waiting.behind) == (0, {}, {})


async def test_of_all_callers_the_one_with_most_waiting_makes_room() -> None:
    streams = Streams(OneSession(), Limits(answer_bytes=10, unread_bytes=200), 100)
    async with opened(streams, 6) as found:
        for stream, caller, size in zip(found, "abccab", (10, 15, 15, 25, 10, 20), strict=True):
            stream.caller = caller
            stream.hold(size)
        assert [each.ending for each in found] == [None] * 6
        found[0].hold(6)
        # The first of c's, for whom 40 were waiting, and not the first of all.
        assert [each.ending for each in found] == [None, None, Ending.SLOW, None, None, None]
