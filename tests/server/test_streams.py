"""How open streams end: by revocation, shutdown or cancellation, at any moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from graphql import parse

from models.viewers import Audience, Viewer
from planner.operations import Planner
from server.callers.sessions import Sessions
from server.databases.pools import ConnectionPool
from server.events.streams import Ending, Stream, StreamEnded, Streams
from server.operations.errors import RequestError, unauthenticated, unavailable
from settings import Limits
from tests.support.client import Ask, views

VIEWER = Viewer(Audience.PATIENT, uuid4(), uuid4(), uuid4())
TOKEN = b"Bearer " + b"a" * 43


class OneSession(Sessions):
    """Sessions with one open session, until the test closes it."""

    def __init__(self) -> None:
        super().__init__(None, demonstration=True)  # type: ignore[arg-type]  # there is no database
        self.looked_up = 0
        self.answers: list[Viewer | Exception] = []

    async def look_up(self, hash: bytes, caller: object = None) -> Viewer:
        self.looked_up += 1
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if self.answers else VIEWER
        if isinstance(answer, Exception):
            raise answer
        return answer


async def lived(streams: Streams, life: Callable[[Stream], Awaitable[object]]) -> Ending | None:
    """How a stream that did this ended; None if it finished by itself."""
    try:
        async with streams.opened() as stream:
            await life(stream)
    except StreamEnded as ended:
        return ended.ending
    return None


async def wait(stream: Stream) -> None:
    await asyncio.sleep(10)


async def test_an_ended_stream_stops_wherever_it_waits_and_later_work_continues() -> None:
    streams = Streams(OneSession(), Limits(), 100)
    opened: list[Stream] = []

    async def life(stream: Stream) -> None:
        opened.append(stream)
        asyncio.get_running_loop().call_soon(stream.end, Ending.REVOKED)
        await asyncio.sleep(10)

    assert await lived(streams, life) is Ending.REVOKED
    assert streams.open == set()
    opened[0].end(Ending.STOPPING)
    await asyncio.sleep(0)


async def test_ending_a_finished_stream_does_not_cancel_later_work() -> None:
    streams = Streams(OneSession(), Limits(), 100)

    async def life(stream: Stream) -> None:
        stream.end(Ending.SLOW)

    assert await lived(streams, life) is Ending.SLOW
    await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_an_outside_cancellation_is_honoured() -> None:
    streams = Streams(OneSession(), Limits(), 100)
    for also in (False, True):
        task = asyncio.create_task(lived(streams, wait))
        await asyncio.sleep(0)
        if also:
            for stream in tuple(streams.open):
                stream.end(Ending.REVOKED)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert streams.open == set()


async def test_a_stopping_server_opens_no_stream() -> None:
    streams = Streams(OneSession(), Limits(), 100)
    await streams.stop()
    assert await lived(streams, wait) is Ending.STOPPING


async def test_a_revocation_during_the_token_lookup_is_not_missed() -> None:
    sessions = OneSession()
    streams = Streams(sessions, Limits(), 100)
    sessions.answers = [VIEWER, unauthenticated()]  # it was open when it was first looked for
    async with streams.opened() as stream:
        with pytest.raises(RequestError):
            await streams.admit(stream, TOKEN)
    assert sessions.looked_up == 2


async def test_a_revocation_ends_only_the_streams_of_its_session() -> None:
    sessions = OneSession()
    streams = Streams(sessions, Limits(), 100)

    async def life(stream: Stream) -> None:
        assert await streams.admit(stream, TOKEN) == VIEWER
        sessions.notified(None, 0, "", str(uuid4()))
        assert stream.ending is None
        sessions.notified(None, 0, "", str(VIEWER.session))
        await asyncio.sleep(10)

    async def of_nobody(stream: Stream) -> None:
        sessions.notified(None, 0, "", str(VIEWER.session))
        await asyncio.sleep(0.01)

    assert await lived(streams, life) is Ending.REVOKED
    assert await lived(streams, of_nobody) is None


@pytest.mark.parametrize(
    ("answer", "still_open", "answered"),
    [
        (VIEWER, True, True),
        (Viewer(Audience.PATIENT, VIEWER.account, VIEWER.session, uuid4()), False, True),
        (unauthenticated(), False, True),
        (unavailable(), True, False),
        (ValueError(), True, False),
    ],
)
async def test_a_check_ends_changed_sessions_and_nothing_if_the_database_is_away(
    answer: Any, still_open: bool, answered: bool
) -> None:
    sessions = OneSession()
    streams = Streams(sessions, Limits(), 100)
    found = []

    async def life(stream: Stream) -> None:
        await streams.admit(stream, TOKEN)
        sessions.answers = [answer]
        found.append(await streams.check())
        await asyncio.sleep(0.01)

    assert await lived(streams, life) is (None if still_open else Ending.REVOKED)
    assert found == [answered]


async def test_the_watch_retries_until_the_database_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.events.streams.RETRY_SECONDS", 0.001)
    sessions = OneSession()
    streams = Streams(sessions, Limits(), 100)
    watch = asyncio.create_task(streams.watch())

    async def life(stream: Stream) -> None:
        await streams.admit(stream, TOKEN)
        sessions.answers = [unavailable(), unavailable(), unauthenticated()]
        sessions.started()  # what was published before was not delivered
        await asyncio.sleep(10)

    assert await lived(streams, life) is Ending.REVOKED
    assert sessions.answers == []
    watch.cancel()


async def test_reads_for_events_are_not_refused_by_a_busy_pool(ask: Ask) -> None:
    assert ask.app.endpoint is not None
    connections: ConnectionPool = ask.app.endpoint.views[Audience.PATIENT].connections
    connections.busy += connections.max_busy
    try:
        with pytest.raises(RequestError):
            await connections.read("SELECT 'asked'", [])
        assert await connections.read_for_event("SELECT 'delivered'", []) == "delivered"
    finally:
        connections.busy -= connections.max_busy


def test_subscriptions_are_planned_once_for_each_shape() -> None:
    planner = Planner(views()[Audience.PATIENT]._schema, Audience.PATIENT)
    text = "subscription($slug: String) { surveyOpened(community: $slug) { id } }"
    operation = planner.operation(parse(text), None)
    one, same, other = (
        operation.subscription_plan(operation.coerce(variables)) for variables in ({"slug": "a"}, {"slug": "b"}, {})
    )
    assert one.each is same.each
    assert one.topic is same.topic
    assert (one.topic is None, other.topic is None) == (False, True)
    assert one.each.sql != other.each.sql  # of the viewer's own communities
