"""How a pool hands its connections to the requests that wait for them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast
from unittest import mock
from unittest.mock import AsyncMock

import asyncpg
import pytest
import pytest_asyncio

from models.logins import open_roles, pool
from models.viewers import ANYBODY, Audience
from server.databases.pools import ConnectionPool
from server.operations.errors import RequestError
from tests.support.eventually import PATIENCE_SECONDS


class Lent:
    """A connection of OpenPool, which its test may close."""

    def __init__(self, pool: "OpenPool") -> None:
        self.pool, self.closed = pool, False
        self._con = self  # of which asyncpg's is a proxy

    def is_closed(self) -> bool:
        return self.closed

    def is_in_transaction(self) -> bool:
        return False

    def was_unanswered(self) -> bool:
        return False

    def terminate(self) -> None:
        self.closed = True
        self.pool.lent.discard(self)

    async def execute(self, sql: str, timeout: float | None = None) -> None:
        if self.closed:
            raise ConnectionError


class OpenPool:
    """asyncpg's pool, as far as a ConnectionPool uses it: opens a connection for each that it lends, up to `size`."""

    def __init__(self, size: int) -> None:
        self.size, self.opened, self.lent = size, 0, set[Lent]()
        self.refused: Exception | None = None

    def get_max_size(self) -> int:
        return self.size

    get_size = get_max_size

    async def acquire(self) -> Lent:
        assert len(self.lent) < self.size, "this would wait in asyncpg's pool"
        await asyncio.sleep(0)
        if self.refused is not None:
            raise self.refused
        self.opened += 1
        made = Lent(self)
        self.lent.add(made)
        return made

    async def release(self, connection: Lent) -> None:
        self.lent.discard(connection)
        await asyncio.sleep(0)

    async def close(self) -> None:
        pass


async def filled(size: int, wait_limit: float = 30) -> tuple[ConnectionPool, OpenPool]:
    below = OpenPool(size)
    made = ConnectionPool(cast(Any, below), 30, wait_limit=wait_limit)
    await made.fill()
    return made, below


class Work:
    """What runs on connections until its test lets it end, in the order in which it began."""

    def __init__(self, made: ConnectionPool) -> None:
        self.made, self.began = made, list[str]()
        self.ends: dict[str, asyncio.Future[None]] = {}
        self.on: dict[str, Lent] = {}

    def start(self, name: str) -> "asyncio.Task[str]":
        async def work(connection: Any) -> str:
            self.began.append(name)
            self.on[name] = connection
            self.ends[name] = asyncio.get_running_loop().create_future()
            await self.ends[name]
            return name

        return asyncio.create_task(self.made.run(work))

    def end(self, name: str, error: Exception | None = None) -> None:
        self.ends[name].set_result(None) if error is None else self.ends[name].set_exception(error)


async def settled() -> None:
    """Returns once every task has gone as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_nobody_waits_for_a_connection_without_end() -> None:
    made, _ = await filled(1, 0.02)
    work = Work(made)
    first = work.start("a")
    await settled()
    for name in "bc":
        with pytest.raises(RequestError) as caught:
            await work.start(name)
        assert (caught.value.status, caught.value.headers) == (503, ((b"retry-after", b"2"),))
        assert (made.busy, made.waiting) == (1, 0)
    work.end("a")
    assert await first == "a"
    again = work.start("d")
    await settled()
    work.end("d")
    assert await again == "d"
    assert (work.began, made.busy, len(made.idle), made.taken) == (["a", "d"], 0, 1, 1)


async def test_nobody_waits_for_a_turn_to_write_without_end() -> None:
    made, _ = await filled(1, 0.02)
    await made.write_turns.acquire()
    with pytest.raises(RequestError) as caught:
        async with made.write(ANYBODY):
            pass
    assert (caught.value.status, caught.value.headers) == (503, ((b"retry-after", b"2"),))
    assert (made.busy, len(made.idle)) == (0, 1)
    made.write_turns.release()
    await made.take_turn_to_write()


async def test_a_connection_goes_to_the_first_who_waits_and_to_no_one_else() -> None:
    made, below = await filled(2)
    work = Work(made)
    tasks = [work.start(name) for name in "abcd"]
    await settled()
    assert (work.began, made.waiting) == (["a", "b"], 2)
    late = work.start("late")
    work.end("b")
    await settled()
    assert (work.began, made.waiting) == (["a", "b", "c"], 2)
    assert work.on["c"] is work.on["b"]
    for name in "acd":
        work.end(name)
        await settled()
    work.end("late")
    assert await asyncio.gather(*tasks, late) == ["a", "b", "c", "d", "late"]
    assert work.began == ["a", "b", "c", "d", "late"]
    assert (len(made.idle), made.waiting, made.busy, made.taken, below.opened) == (2, 0, 0, 2, 2)
    assert (made.waits, made.wait_seconds > 0) == (3, True)


@pytest.mark.parametrize("handed", [False, True], ids=["waits", "was handed a connection"])
async def test_who_is_cancelled_keeps_no_connection_from_others(*, handed: bool) -> None:
    made, below = await filled(1)
    work = Work(made)
    first, gone, last = (work.start(name) for name in ("first", "gone", "last"))
    await settled()
    if handed:
        made.places[0].set_result(cast(Any, work.on["first"]))  # as `hand_on`: the task has not woken up yet
        made.places.popleft()
        gone.cancel()
        await settled()
        assert work.began == ["first", "last"]
    else:
        gone.cancel()
        await asyncio.sleep(0)
        work.end("first")
        await settled()
        assert (work.began, await first) == (["first", "last"], "first")
    work.end("last")
    assert await last == "last"
    assert gone.cancelled()
    first.cancel()
    await settled()
    assert (made.waiting, below.opened) == (0, 1)


async def test_a_cancelled_place_that_was_passed_over_is_forgotten() -> None:
    made, _ = await filled(1)
    work = Work(made)
    first, gone, last = (work.start(name) for name in ("first", "gone", "last"))
    await settled()
    gone.cancel()
    work.end("first")  # both are noticed in the same turn of the loop
    await settled()
    work.end("last")
    assert [*await asyncio.gather(first, last)] == ["first", "last"]
    assert gone.cancelled()
    assert (made.waiting, made.busy, len(made.idle)) == (0, 0, 1)


async def test_a_lost_connection_is_replaced_for_the_next_who_waits() -> None:
    made, below = await filled(1)
    work = Work(made)
    first, second, third = (work.start(name) for name in ("first", "second", "third"))
    await settled()
    work.on["first"].closed = True
    work.end("first", ConnectionError())
    await settled()
    with pytest.raises(RequestError):
        await first
    assert (work.began, below.opened) == (["first", "second"], 2)
    work.on["second"].closed = True  # and one that is lost while nobody notices
    work.end("second")
    await settled()
    assert (work.began, below.opened) == (["first", "second", "third"], 3)
    assert not work.on["third"].closed
    work.end("third")
    assert [*await asyncio.gather(second, third)] == ["second", "third"]
    assert (made.taken, made.waiting, len(below.lent)) == (1, 0, 1)


async def test_idle_connections_that_were_lost_are_replaced_when_they_are_needed() -> None:
    made, below = await filled(3)
    for connection in made.idle:
        cast(Lent, connection).closed = True
    work = Work(made)
    tasks = [work.start(name) for name in "abcd"]
    await settled()
    assert (len(work.began), below.opened, made.waiting) == (3, 6, 1)
    for name in work.began.copy():
        work.end(name)
    await settled()
    work.end(work.began[-1])
    await asyncio.gather(*tasks)
    assert (len(made.idle), made.taken, len(below.lent)) == (3, 3, 3)


async def test_while_no_connection_can_be_opened_nobody_waits_for_one() -> None:
    made, below = await filled(2)
    work = Work(made)
    running = [work.start(name) for name in "ab"]
    await settled()
    waiting = [work.start(name) for name in "cde"]
    await settled()
    below.refused = ConnectionRefusedError()
    for name in "ab":
        work.on[name].closed = True
        work.end(name, ConnectionError())
    refused = await asyncio.wait_for(asyncio.gather(*running, *waiting, return_exceptions=True), PATIENCE_SECONDS)
    assert all(isinstance(each, Exception) for each in refused)
    assert (made.taken, made.busy, made.waiting) == (0, 0, 0)
    below.refused = None
    again = work.start("f")
    await settled()
    work.end("f")
    assert await again == "f"


@pytest.mark.parametrize("lost", [False, True])
async def test_a_check_gives_each_connection_to_who_waits_meanwhile(*, lost: bool) -> None:
    made, below = await filled(1)
    work = Work(made)
    cast(Lent, made.idle[0]).closed = lost
    made.check()
    task = work.start("a")
    await settled()
    work.end("a")
    assert await task == "a"
    assert (below.opened, made.taken, len(made.idle)) == (2 if lost else 1, 1, 1)


async def test_who_waits_while_the_pool_closes_is_still_handed_a_connection() -> None:
    made, below = await filled(1)
    work = Work(made)
    first, second = work.start("first"), work.start("second")
    await settled()
    await made.close()
    work.end("first")
    await settled()
    work.end("second")
    assert [*await asyncio.gather(first, second)] == ["first", "second"]
    assert (made.idle, made.taken, len(below.lent), below.opened) == ([], 0, 0, 1)


async def test_a_connection_whose_transaction_failed_keeps_no_place_after_its_cancellation() -> None:
    made, below = await filled(1)
    connection = await made.take()
    failed = AsyncMock(side_effect=asyncpg.InFailedSQLTransactionError)
    with mock.patch.object(Lent, "execute", failed), mock.patch.object(Lent, "is_in_transaction", return_value=True):
        made.release_later(connection, None)
        await asyncio.wait(made.returning)
    assert (made.taken, made.busy, len(below.lent)) == (0, 0, 0)


@pytest_asyncio.fixture
async def opened(fresh: str) -> AsyncIterator[ConnectionPool]:
    """Yields a pool of one connection as the public view's role."""
    await open_roles(fresh)
    made = ConnectionPool(await pool(fresh, Audience.PUBLIC, 1, 30), 30)
    await made.fill()
    yield made
    await made.close()


async def test_a_read_runs_its_statement_the_same_way_the_first_and_each_further_time(
    opened: ConnectionPool, fresh: str
) -> None:
    made = opened
    for number in range(5):
        assert await made.read("SELECT $1::text", [f"{number}é"]) == f"{number}é"
        assert await made.read("SELECT 'a' WHERE $1::bool", [False]) is None
        assert await made.read("SELECT a FROM unnest($1::text[]) a", [["b", "c"]]) == "b"
        with pytest.raises(asyncpg.DataError):
            await made.read("SELECT $1::text", [number])
        with pytest.raises(asyncpg.DivisionByZeroError):
            await made.read("SELECT (1 / $1::int)::text", [0])
        assert len(made.idle) == 1
    owner = await asyncpg.connect(fresh)
    await owner.execute("CREATE TABLE changing AS SELECT 1 AS a; GRANT SELECT ON changing TO PUBLIC")
    await owner.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    expected: Any
    for kind, expected in (("text", "1"), ("int", 1), ("varchar(3)", "1")):
        await owner.execute(f"ALTER TABLE changing ALTER a TYPE {kind} USING a::{kind}")
        for _ in range(3):
            assert (await made.read("SELECT a FROM public.changing", [])) == expected
    await owner.close()
