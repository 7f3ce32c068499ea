"""The check whether the server is ready: one look at the database for all who ask at the same time."""

import asyncio

import pytest

from server.databases.readiness import Shared


async def test_all_who_ask_at_the_same_time_share_one_look() -> None:
    looks = 0
    answers = iter((True, False))

    async def look() -> bool:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        return next(answers)

    shared = Shared(look)
    assert await asyncio.gather(*(shared() for _ in range(1_000))) == [True] * 1_000
    assert looks == 1
    assert await shared() is False
    assert looks == 2


async def test_one_who_leaves_does_not_end_the_look_of_the_others() -> None:
    looked = asyncio.Event()

    async def look() -> bool:
        await looked.wait()
        return True

    shared = Shared(look)
    first, second = asyncio.create_task(shared()), asyncio.create_task(shared())
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    looked.set()
    assert await second


async def test_a_look_that_fails_is_not_kept() -> None:
    async def look() -> bool:
        raise LookupError

    shared = Shared(look)
    for _ in range(2):
        with pytest.raises(LookupError):
            await shared()
