"""Turns of events' reads: callers one after another, with a share and a budget each."""

import asyncio
from collections.abc import Hashable

import pytest

from server.callers import turns
from server.callers.turns import CALLERS, HEAVY, Turns
from tests.support.eventually import until


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Work:
    """Tasks that take turns, and end them when the test says so."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.running: list[tuple[str, asyncio.Event]] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.order = ""

    async def take(self, caller: str, cost: int) -> None:
        async with self.turns.turn(caller, cost):
            over = asyncio.Event()
            self.order += caller
            self.running.append((caller, over))
            await over.wait()

    async def wait(self, callers: str, cost: int = 1) -> None:
        for caller in callers:
            self.tasks.append(asyncio.create_task(self.take(caller, cost)))
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def end(self, caller: str = "") -> None:
        """Ends the oldest turn, or a caller's."""
        found = next(one for one in self.running if not caller or one[0] == caller)
        self.running.remove(found)
        found[1].set()
        await self.settle()

    async def end_all(self) -> str:
        while self.running:
            await self.end()
        await asyncio.gather(*self.tasks)
        assert (self.turns.held, self.turns.heavy, self.turns.waiting) == (0, 0, {})
        return self.order


async def test_callers_take_turns_however_many_each_waits_for() -> None:
    work = Work(Turns(1))
    await work.wait("aaaaaa" + "bb" + "c")
    assert await work.end_all() == "abcabaaaa"


async def test_a_caller_holds_at_most_half() -> None:
    work = Work(Turns(4))
    await work.wait("aaaa")
    assert work.order == "aa"
    await work.wait("bcb")
    assert work.order == "aabc"
    await work.end("b")
    assert work.order == "aabcb"
    await work.end("c")
    assert work.order == "aabcb"  # a turn is free, and only one who holds half would take it
    await work.end("a")
    assert await work.end_all() == "aabcbaa"


async def test_heavy_turns_leave_one_free() -> None:
    work = Work(Turns(3))
    await work.wait("abcd", HEAVY + 1)
    assert work.order == "ab"
    await work.wait("ef")
    assert work.order == "abe"
    await work.end("e")
    assert work.order == "abef"  # not c, who has waited for longer
    await work.end("a")
    assert work.order == "abefc"
    assert await work.end_all() == "abefcd"


async def test_the_only_turn_may_be_heavy() -> None:
    work = Work(Turns(1))
    await work.wait("ab", HEAVY + 1)
    assert await work.end_all() == "ab"


async def test_a_caller_whose_budget_is_spent_waits_and_others_do_not() -> None:
    clock = Clock()
    work = Work(Turns(2, at_once=10, a_second=100, clock=clock))
    await work.wait("a", 15)  # what is left suffices to begin
    await work.end()
    await work.wait("a", 1)
    assert work.order == "a"
    await work.wait("bb", 1)
    await work.end("b")
    assert work.order == "abb"
    clock.now = 0.04
    await asyncio.sleep(0.06)  # it looks again by itself, and a budget of 1 is missing
    assert work.order == "abb"
    clock.now = 0.06
    await until(lambda: work.order == "abba")
    await work.end_all()
    clock.now = 100
    await work.wait("a", 11)  # no more than at once
    await work.end_all()
    await work.wait("a", 1)
    assert work.order == "abbaa"
    clock.now = 101
    await until(lambda: work.order == "abbaaa")
    await work.end_all()


async def test_a_turn_that_is_not_wanted_any_more_is_passed_on() -> None:
    work = Work(Turns(1))
    await work.wait("abc")
    work.tasks[1].cancel()  # it waits
    await work.settle()
    await work.wait("d")
    work.running[0][1].set()
    await asyncio.sleep(0)
    work.tasks[2].cancel()  # it is its turn, or is about to be
    await work.settle()
    assert work.order.endswith("d")
    work.running.clear()
    work.tasks[3].cancel()
    await asyncio.wait(work.tasks)
    assert (work.turns.held, work.turns.heavy, work.turns.waiting) == (0, 0, {})


async def test_callers_without_end_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Turns(1)
    callers: list[Hashable] = [None, *range(CALLERS + 10)]
    for caller in callers:
        async with made.turn(caller, 1):
            pass
    assert len(made.lines) == turns.CALLERS
    assert made.waiting == {}
