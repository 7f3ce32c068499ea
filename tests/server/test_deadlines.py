"""What a cancelled operation reports: the time limit that it reached, or that the server stops."""

import asyncio

import pytest
from starlette.types import Message

from server.deadlines import Deadline, OperationDeadline, RequestCutOff
from server.errors import RequestError, request_timed_out, shutting_down


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
    with pytest.raises(RequestCutOff), Deadline(nothing_received, 60) as deadline:
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
    for deadline in (Deadline(nothing_received, 60), OperationDeadline(60)):
        assert deadline.error().errors == shutting_down().errors
