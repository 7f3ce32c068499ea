"""What a cancelled operation reports: the time limit that it reached, or that the server stops."""

import asyncio
import time

import pytest
from starlette.types import Message

from server.operations.deadlines import Deadline, Deadlines, OperationDeadline, RequestCutOff
from server.operations.errors import RequestError, request_timed_out, shutting_down


async def nothing_received() -> Message:
    await asyncio.sleep(60)
    raise AssertionError


async def cut_off(deadline: Deadline | OperationDeadline, reported: list[RequestError]) -> None:
    """Works past a limit that was replaced, and notes what is reported."""
    deadline.extend(0.02)
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        reported.append(deadline.error())
        raise


async def test_a_request_reports_the_limit_that_it_was_given_last() -> None:
    reported: list[RequestError] = []
    with pytest.raises(RequestCutOff), Deadline(Deadlines(), nothing_received, 60) as deadline:
        await cut_off(deadline, reported)
    assert [error.errors for error in reported] == [request_timed_out(0.02).errors]


async def test_an_operation_of_a_socket_reports_the_limit_that_it_was_given_last() -> None:
    reported: list[RequestError] = []
    deadline = OperationDeadline(60)
    with pytest.raises(TimeoutError):
        async with deadline.timeout:
            await cut_off(deadline, reported)
    assert [error.errors for error in reported] == [request_timed_out(0.02).errors]


async def test_a_cancellation_before_the_limit_is_one_by_the_server() -> None:
    for deadline in (Deadline(Deadlines(), nothing_received, 60), OperationDeadline(60)):
        assert deadline.error().errors == shutting_down().errors


async def test_one_timer_watches_those_that_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is moved on, so that none of them becomes late by chance."""
    of, now, timers = Deadlines(), [100.0], list[object]()
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    loop = asyncio.get_running_loop()
    call_later = loop.call_later

    def later(seconds: float, work: object, *given: object) -> asyncio.TimerHandle:
        if work == of.sweep:
            timers.append(work)
            return call_later(3_600, of.sweep)
        return call_later(seconds, work, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "call_later", later)
    with Deadline(of, nothing_received, 60) as first:
        now[0] += 0.04
        with Deadline(of, nothing_received, 60) as second, Deadline(of, nothing_received, 60):
            assert len(timers) == 1
            now[0] += 0.02
            of.sweep()
            assert first.watcher is not None
            assert second.watcher is None
            assert len(timers) == 2
        assert of.begun == {}
        of.sweep()
        assert (len(timers), of.timer) == (2, None)  # none is left
        with Deadline(of, nothing_received, 60):
            assert len(timers) == 3
    await asyncio.sleep(0)
    assert first.watcher.cancelled()


async def test_a_limit_that_was_extended_before_anybody_watched_counts_from_then() -> None:
    of = Deadlines()
    with pytest.raises(RequestCutOff) as cut, Deadline(of, nothing_received, 60) as deadline:
        await cut_off(deadline, [])
    assert (cut.value.seconds, of.begun) == (0.02, {})
    deadline = Deadline(of, nothing_received, 0.0)
    with deadline:
        deadline.extend(60)
        await asyncio.sleep(0.2)  # longer than the limit that it had, and than nobody watches
    assert deadline.reason is None
