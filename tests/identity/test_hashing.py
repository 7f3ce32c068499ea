"""Hashing: a few at a time in the whole process, in turns, and refused when too many wait."""

import asyncio
import ctypes
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from resolvers import hashing
from resolvers.hashing import HashingTurns
from resolvers.identity import passwords
from resolvers.transactions import Overloaded
from tests.support.client import ANYBODY, SIGN_IN, Ask

ROOT = Path(__file__).parents[2]


class Gate:
    """Work that runs until it is let through, and notes how much of it runs at once."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.order: list[str] = []
        self.running = self.most = 0
        self.lock = threading.Lock()

    def work(self, name: str) -> Callable[[], str]:
        def run() -> str:
            with self.lock:
                self.running += 1
                self.most = max(self.most, self.running)
                self.order.append(name)
            self.open.wait(30)
            with self.lock:
                self.running -= 1
            return name

        return run


async def started(turns: HashingTurns, gate: Gate, *names: str) -> list[asyncio.Task[str]]:
    """Tasks of the work with these names, whose first letter is the caller."""
    tasks = [asyncio.create_task(turns.run(name[0], gate.work(name))) for name in names]
    await asyncio.sleep(0)
    return tasks


async def test_few_run_at_once_and_callers_take_turns() -> None:
    turns, gate = HashingTurns(1, 100, 100), Gate()
    tasks = await started(turns, gate, "a1", "a2", "a3", "b1", "b2", "c1")
    gate.open.set()
    assert await asyncio.gather(*tasks) == ["a1", "a2", "a3", "b1", "b2", "c1"]
    assert (gate.order, gate.most) == (["a1", "a2", "b1", "c1", "a3", "b2"], 1)
    assert (turns.running, turns.waiting, turns.queues) == (0, 0, {})


async def test_no_more_run_than_may_at_once() -> None:
    turns, gate = HashingTurns(2, 100, 100), Gate()
    tasks = await started(turns, gate, *(f"a{number}" for number in range(8)))
    await asyncio.sleep(0.05)
    assert len(gate.order) == 2
    gate.open.set()
    await asyncio.gather(*tasks)
    assert gate.most == 2


async def test_what_waits_is_bounded_in_all_and_of_one_caller() -> None:
    turns, gate = HashingTurns(1, 3, 2), Gate()
    tasks = await started(turns, gate, "a1", "a2", "a3")
    with pytest.raises(Overloaded):
        await turns.run("a", gate.work("a4"))
    tasks += await started(turns, gate, "b1")
    with pytest.raises(Overloaded):
        await turns.run("c", gate.work("c1"))
    gate.open.set()
    await asyncio.gather(*tasks)
    assert await turns.run("c", gate.work("c1")) == "c1"
    assert (turns.running, turns.waiting, turns.queues) == (0, 0, {})


async def test_a_cancelled_caller_gives_its_place_to_others_and_its_thread_counts_until_it_ends() -> None:
    turns, gate = HashingTurns(1, 100, 100), Gate()
    running, waiting, other = await started(turns, gate, "a1", "a2", "b1")
    running.cancel()
    waiting.cancel()
    await asyncio.wait([running, waiting])
    await asyncio.sleep(0.05)
    assert gate.order == ["a1"]  # its thread still runs
    gate.open.set()
    assert await other == "b1"
    assert (gate.most, turns.waiting) == (1, 0)
    assert await turns.run("c", gate.work("c1")) == "c1"


async def test_a_failure_gives_its_place_to_others() -> None:
    turns = HashingTurns(1, 100, 100)

    def fails() -> None:
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await turns.run("a", fails)
    assert await turns.run("a", lambda: 1) == 1


async def test_a_sign_in_beyond_the_bound_is_answered_503_and_counts_as_no_attempt(
    own_ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, gate = HashingTurns(1, 1, 1), Gate()
    monkeypatch.setattr(passwords, "TURNS", turns)
    tasks = await started(turns, gate, "a1", "b1")
    response = await own_ask.post(ANYBODY, SIGN_IN, {"email": "a@people.example", "password": "wrong password"})
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert response.json()["errors"][0]["message"] == "The server is overloaded. Please try again."
    gate.open.set()
    await asyncio.gather(*tasks)
    response = await own_ask.post(ANYBODY, SIGN_IN, {"email": "a@people.example", "password": "wrong password"})
    assert response.status_code == 200


async def test_memory_is_given_back_once_nobody_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back = threading.Event()
    monkeypatch.setattr(hashing, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(hashing, "give_back", given_back.set)
    turns, gate = HashingTurns(2, 9, 9), Gate()
    tasks = await started(turns, gate, "a1", "b1")
    gate.open.set()
    await asyncio.gather(*tasks)
    assert await asyncio.to_thread(given_back.wait, 30)
    given_back.clear()
    gate.open.clear()
    tasks = await started(turns, gate, "a2")
    assert turns.idle is None or turns.idle.cancelled()
    gate.open.set()
    await asyncio.gather(*tasks)
    assert await asyncio.to_thread(given_back.wait, 30)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="of glibc")
@pytest.mark.parametrize("heaps", ["use_one_heap()", "None"])
@pytest.mark.slow
def test_what_hashing_took_is_free_again_with_one_heap_alone(heaps: str) -> None:
    asked = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from resolvers.heap import give_back, use_one_heap\n"
        "from resolvers.identity.passwords import HASHER\n"
        f"{heaps}\n"
        "from resource import getpagesize\n"
        "def resident():\n"
        "    return int(open('/proc/self/statm').read().split()[1]) * getpagesize()\n"
        "before = resident()\n"
        "with ThreadPoolExecutor(2) as threads:\n"
        "    for _ in range(2):\n"
        "        list(threads.map(HASHER.hash, ['one', 'other']))\n"
        "    give_back()\n"
        "    print(resident() - before < 10_000_000)\n"
    )
    found = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (found.stdout, found.stderr) == (f"{heaps != 'None'}\n", "")
