"""Files are made in a thread, in turn by caller, and what waits for it is bounded."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import orjson
import pytest
import pytest_asyncio

from planner import computing
from server.files.file_making import LOOP_BYTES, MOST_WAITING, MOST_WAITING_OF_ONE, FileMaking
from server.operations.errors import RequestError
from tests.support.client import ANYBODY, Ask, Caller
from tests.support.eventually import until


@pytest_asyncio.fixture
async def making() -> AsyncIterator[FileMaking]:
    """Yields the thread, which ends with the test."""
    made = FileMaking(5.0)
    yield made
    made.close()


class Gate:
    """Work that begins at once and ends when the test says so."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self) -> str:
        self.open.wait(10)
        return "first"


def noted(order: list[str], name: str) -> Callable[[], str]:
    def work() -> str:
        order.append(name)
        return name

    return work


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_callers_take_turns(making: FileMaking) -> None:
    gate, order = Gate(), list[str]()
    tasks = [asyncio.create_task(making.run("a", gate))]
    await settle()
    for name in ("a1", "a2", "b1", "c1"):
        tasks.append(asyncio.create_task(making.run(name[0], noted(order, name))))
    await settle()
    gate.open.set()
    assert await asyncio.gather(*tasks) == ["first", "a1", "a2", "b1", "c1"]
    assert order == ["b1", "c1", "a1", "a2"]
    assert making.waiting == {}


async def test_the_work_of_one_caller_and_of_all_is_bounded(making: FileMaking) -> None:
    gate, order = Gate(), list[str]()
    tasks = [asyncio.create_task(making.run("a", gate))]
    await settle()

    def wait(caller: str) -> None:
        tasks.append(asyncio.create_task(making.run(caller, noted(order, caller))))

    for _ in range(MOST_WAITING_OF_ONE - 1):
        wait("a")
    await settle()
    with pytest.raises(RequestError) as refused:
        await making.run("a", noted(order, "too many"))
    assert refused.value.status == 503
    assert dict(refused.value.headers)[b"retry-after"]
    for number in range(MOST_WAITING - MOST_WAITING_OF_ONE):
        wait(f"b{number}")
    await settle()
    with pytest.raises(RequestError):
        await making.run("c", noted(order, "too many"))
    gate.open.set()
    await asyncio.gather(*tasks)
    assert len(order) == MOST_WAITING - 1
    assert "too many" not in order


async def test_a_turn_that_does_not_come_in_time_is_told(making: FileMaking) -> None:
    gate, order = Gate(), list[str]()
    first = asyncio.create_task(making.run("a", gate))
    await settle()
    making.seconds = 0.01
    with pytest.raises(RequestError) as refused:
        await making.run("b", noted(order, "late"))
    assert (refused.value.status, b"request_seconds" in refused.value.body) == (503, True)
    gate.open.set()
    assert await first == "first"
    assert (order, making.waiting) == ([], {})


async def test_work_that_has_been_done_meanwhile_is_not_done_again(making: FileMaking) -> None:
    order: list[str] = []
    assert await making.run("a", noted(order, "work"), lambda: "known") == "known"
    assert order == []


@pytest.mark.parametrize("length", [1, LOOP_BYTES])
async def test_answers_are_read_alike_on_the_loop_and_in_the_thread(making: FileMaking, length: int) -> None:
    data = {"data": {"text": "é\u2028" * length, "number": 0.1234567890123456, "none": None, "list": [{"a": 1}, {}]}}
    assert await making.read("a", orjson.dumps(data)) == data


async def test_computed_fields_of_one_caller_do_not_keep_anothers_waiting(
    ask: Ask, patient: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller sends many operations, of which each has many computed fields; another sends one with one."""
    ledger = "{ dataUses(first: %d) { nodes { ledgerEntry { %s: line } } } }"
    gate, made, threads = threading.Event(), list[str](), set[str]()

    def noted(source: object, value: object, *more: object) -> tuple[str, int]:
        gate.wait(10)
        threads.add(threading.current_thread().name.rpartition("_")[0])
        made.append("line")
        return "line", 4

    monkeypatch.setattr(computing, "_made", noted)
    many = [asyncio.create_task(ask.post(ANYBODY, ledger % (5, f"a{number}"))) for number in range(20)]
    await until(lambda: ask.app.endpoint is not None and ask.app.endpoint.computing.waiting.total() >= 20)
    other = asyncio.create_task(ask.post(patient, ledger % (1, "b")))
    await asyncio.sleep(0.3)
    other.add_done_callback(lambda _: made.append("other"))
    gate.set()
    answers = await asyncio.gather(*many, other)
    assert {answer.status_code for answer in answers} == {200}
    assert (len(made), threads) == (102, {"computing"})
    assert made.index("other") < 40  # of 101
