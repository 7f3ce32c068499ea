"""Connections: one caller holds at most half of a view's, and signing in and readiness have their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest import mock

import pytest

from models.viewers import Audience
from server.databases.shares import MOST_WAITING_OF_ONE, Shares
from server.operations.errors import RequestError, overloaded
from tests.server.test_edge import WHO
from tests.server.test_faults import COMMUNITIES, Held
from tests.support import subscribers
from tests.support.client import ANYBODY, SIGN_OUT, Ask, Caller, serving


async def waits(shares: Shares, caller: str) -> bool:
    """Whether a request of the caller would have to wait."""
    try:
        async with asyncio.timeout(0.02):
            await shares.take(caller)
    except TimeoutError:
        return True
    shares.give_back(caller)
    return False


async def test_a_caller_waits_for_their_own_connections_only() -> None:
    shares = Shares(2)
    await shares.take("a")
    assert not await waits(shares, "a")
    await shares.take("a")
    assert await waits(shares, "a")
    assert not await waits(shares, "b")
    next_ones = [asyncio.create_task(shares.take("a")) for _ in range(3)]
    await asyncio.sleep(0)
    shares.give_back("a")
    await asyncio.sleep(0)
    assert [one.done() for one in next_ones] == [True, False, False]
    assert await waits(shares, "a")
    next_ones[1].cancel()
    shares.give_back("a")
    await asyncio.gather(*next_ones, return_exceptions=True)
    assert [one.cancelled() for one in next_ones] == [False, True, False]
    for _ in range(2):
        assert shares.held == {"a": 2} or shares.held == {"a": 1}
        shares.give_back("a")
    assert (shares.held, shares.queues) == ({}, {})


async def test_a_turn_that_comes_with_a_cancellation_is_passed_on() -> None:
    shares = Shares(1)
    await shares.take("a")
    first, second = (asyncio.create_task(shares.take("a")) for _ in range(2))
    await asyncio.sleep(0)
    shares.give_back("a")  # to the first, which is cancelled before it runs
    first.cancel()
    await asyncio.wait([first, second])
    assert (first.cancelled(), second.cancelled(), shares.held) == (True, False, {"a": 1})
    shares.give_back("a")
    assert (shares.held, shares.queues) == ({}, {})


async def test_the_queue_of_one_caller_is_bounded() -> None:
    shares = Shares(1)
    await shares.take("a")
    waiting = [asyncio.create_task(shares.take("a")) for _ in range(MOST_WAITING_OF_ONE)]
    await asyncio.sleep(0)
    with pytest.raises(RequestError) as caught:
        await shares.take("a")
    assert (caught.value.status, caught.value.headers) == (503, ((b"retry-after", b"2"),))
    await shares.take("b")
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    shares.give_back("a")
    assert (shares.held, shares.queues) == ({"b": 1}, {})


async def test_nobody_waits_for_their_share_without_end() -> None:
    shares = Shares(1, 0.02)
    await shares.take("a")
    for _ in range(2):
        with pytest.raises(RequestError) as caught:
            await shares.take("a")
        assert (caught.value.status, caught.value.headers) == (503, ((b"retry-after", b"2"),))
        assert shares.queues == {}
    shares.give_back("a")
    await shares.take("a")
    shares.give_back("a")
    assert (shares.held, shares.queues) == ({}, {})


async def test_each_waits_for_as_long_as_any_other() -> None:
    """One timer is set for all: whoever came later gives up later."""
    shares = Shares(1, 0.2)
    await shares.take("a")
    first = asyncio.create_task(shares.take("a"))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(shares.take("a"))
    with pytest.raises(RequestError):
        await first
    assert not second.done()
    third = asyncio.create_task(shares.take("a"))
    await asyncio.sleep(0)
    shares.give_back("a")
    await second
    with pytest.raises(RequestError):
        await third
    shares.give_back("a")
    assert (shares.held, shares.queues, shares.patience.ends) == ({}, {}, {})


async def test_who_is_cancelled_as_the_wait_ends_leaves_no_place() -> None:
    shares = Shares(1, 60)
    await shares.take("a")
    gone = asyncio.create_task(shares.take("a"))
    await asyncio.sleep(0)
    shares.queues["a"][0].set_exception(overloaded())  # as its limit does: the task has not woken up yet
    gone.cancel()
    await asyncio.wait([gone])
    assert (gone.cancelled(), shares.held, shares.queues) == (True, {"a": 1}, {})


async def test_a_share_that_comes_with_the_end_of_the_wait_is_not_lost() -> None:
    shares = Shares(1, 60)
    await shares.take("a")
    first, second = (asyncio.create_task(shares.take("a")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()  # as its limit does
    assert len(shares.queues["a"]) == 2  # its place is still in the queue
    shares.give_back("a")
    await asyncio.wait([first, second])
    assert (first.cancelled(), second.exception()) == (True, None)
    shares.give_back("a")
    assert (shares.held, shares.queues) == ({}, {})


@asynccontextmanager
async def stalled(ask: Ask, dsn: str, who: Caller, *, requests: int, share: int) -> AsyncIterator[None]:
    """A caller whose many requests all wait for a lock, with the connections that they may hold."""
    async with Held(dsn, "catalog.community") as held:
        waiting = [asyncio.create_task(ask.post(who, COMMUNITIES)) for _ in range(requests)]
        await held.until(share)
        await asyncio.sleep(0.2)
        assert await held.waiters() == share
        yield
    assert [(await one).status_code for one in waiting] == [200] * requests


async def test_one_member_does_not_stall_another(fresh: str) -> None:
    async with serving(fresh, pool_size=4) as ask:
        patient, relative = await ask.sign_in("patient"), await ask.sign_in("relative")
        again = await ask.sign_in("patient")
        assert "errors" not in await ask(relative, WHO)
        async with stalled(ask, fresh, patient, requests=12, share=2), asyncio.timeout(10):
            assert "errors" not in await ask(relative, WHO)
            assert "errors" not in await ask(relative, SIGN_OUT)
            # Another session of the same account is the same caller.
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ask.post(again, WHO), 0.3)
        assert ask.app.endpoint is not None
        shares = ask.app.endpoint.views[Audience.PATIENT].connections.shares
        assert (shares.held, shares.queues) == ({}, {})


async def test_strangers_do_not_keep_anybody_from_signing_in(fresh: str) -> None:
    async with serving(fresh, pool_size=2) as ask:
        patient = await ask.sign_in("patient")
        async with stalled(ask, fresh, ANYBODY, requests=6, share=1), asyncio.timeout(20):
            assert (await ask.http.get("/readyz")).status_code == 200
            again = await ask.sign_in("patient")
            assert (await ask(again, WHO))["data"]["viewer"]["audience"] == "PATIENT"
            # The session is looked up, which takes a connection too.
            assert ask.app.endpoint is not None
            ask.app.endpoint.sessions.forget_all()
            assert (await ask(patient, WHO))["data"]["viewer"]["audience"] == "PATIENT"


async def test_whoever_cannot_be_looked_up_in_time_is_told_when_to_try_again(ask: Ask, patient: Caller) -> None:
    """Also where no time limit of a request is over the look-up: of sockets, files and exports."""
    assert ask.app.endpoint is not None
    sessions = ask.app.endpoint.sessions
    lookups, done = sessions.connections, asyncio.Event()
    held = [asyncio.create_task(lookups.run(lambda _: done.wait())) for _ in range(lookups.size)]
    with mock.patch.object(lookups.patience, "seconds", 0.05):
        for path in ("/me/export.json", "/insights/ins_00000000-0000-0000-0000-000000000000.csv"):
            sessions.forget_all()
            answer = await ask.http.get(path, headers=patient.headers)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2"), path
        for accepted in ("application/json", "text/event-stream"):
            headers = patient.headers | {"accept": accepted}
            answer = await ask.http.post("/graphql", json={"query": WHO}, headers=headers)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2"), accepted
        async with subscribers.dialled(ask) as socket:
            await socket.send("connection_init", payload=patient.headers)
            assert await socket.closed() == (1013, "Try again later")
    done.set()
    await asyncio.gather(*held)
    assert (lookups.busy, lookups.waiting, lookups.shares.held, lookups.shares.queues) == (0, 0, {}, {})
    assert "errors" not in await ask(patient, WHO)
