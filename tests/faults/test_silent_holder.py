"""A server that falls silent while it does due work: another goes on, and nothing of the first is done any more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.bounded_connections import BoundedConnection
from models.database import Connection
from models.research.surveys import SurveyStatus
from resolvers import leases
from resolvers.identity.outbox import NEWS_LOCK
from resolvers.jobs import PUBLISHING
from server.jobs import background, newsroom, outbox, scheduler
from server.jobs.outbox import Outbox
from server.jobs.scheduler import Scheduler
from tests import factories
from tests.support.client import serving
from tests.support.eventually import becomes
from tests.support.silent import SilentRelay, silent_relay

MOST_SECONDS = 30.0  # until due work goes on


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has PostgreSQL take a process for silent after two seconds, for which a busy machine may not let it run."""
    monkeypatch.setattr(leases, "SILENT_SECONDS", 2.0)
    monkeypatch.setattr(scheduler, "PULSE_SECONDS", 0.2)
    monkeypatch.setattr(outbox, "CHECK_SECONDS", 0.2)


@pytest_asyncio.fixture
async def relay(fresh: str) -> AsyncIterator[SilentRelay]:
    async with silent_relay(fresh) as made:
        yield made


class Steps:
    """A table to which due work adds a row, and the processes that do it."""

    def __init__(self, database: asyncpg.Connection) -> None:
        self.database = database
        self.is_in_the_middle = asyncio.Event()
        self.may_go_on = asyncio.Event()

    async def work_slowly(self, connection: Connection) -> None:
        """Does half of the work in a transaction, and the rest when it may go on. Does nothing later."""
        if self.is_in_the_middle.is_set():
            return
        async with connection.transaction():
            await connection.execute("INSERT INTO done VALUES ('slowly')")
            self.is_in_the_middle.set()
            await self.may_go_on.wait()
            await connection.execute("INSERT INTO done VALUES ('the rest')")

    async def work(self, connection: Connection) -> None:
        await connection.execute("INSERT INTO done VALUES ('quickly')")

    async def done(self) -> set[str]:
        return {row[0] for row in await self.database.fetch("SELECT step FROM done")}

    async def is_done(self) -> bool:
        return await self.done() == {"quickly"}


@pytest_asyncio.fixture
async def steps(fresh: str) -> AsyncIterator[Steps]:
    database = await asyncpg.connect(fresh)
    await database.execute("CREATE TABLE done (step text)")
    yield Steps(database)
    await database.close()


def through(dsn: str) -> Callable[[], Awaitable[asyncpg.Connection]]:
    """How a process with two seconds for a statement connects to `dsn`."""
    return partial(asyncpg.connect, dsn, timeout=60, command_timeout=2, connection_class=BoundedConnection)


@asynccontextmanager
async def running(work: Awaitable[None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def expect_taken_over(relay: SilentRelay, steps: Steps, other: Awaitable[None]) -> None:
    """Checks that `other` goes on where a process behind the relay has fallen silent in the middle of its work."""
    await asyncio.wait_for(steps.is_in_the_middle.wait(), MOST_SECONDS)
    async with running(other):
        await asyncio.sleep(0.5)  # for some attempts
        assert await steps.done() == set()
        relay.freeze()
        await becomes(steps.is_done)
    relay.thaw()
    steps.may_go_on.set()
    await asyncio.sleep(0.5)  # for what was held back to arrive
    assert await steps.done() == {"quickly"}


@pytest.mark.usefixtures("_quick")
@pytest.mark.slow
async def test_due_work_of_a_silent_process_goes_on_elsewhere_and_is_undone(
    fresh: str, relay: SilentRelay, steps: Steps
) -> None:
    first = Scheduler(through(relay.dsn), (steps.work_slowly,), "due", period_seconds=60.0)
    async with running(first.run()):
        await expect_taken_over(
            relay, steps, Scheduler(through(fresh), (steps.work,), "due", period_seconds=60.0).run()
        )


@pytest.mark.slow
@pytest.mark.usefixtures("_quick")
async def test_the_outbox_of_a_silent_process_goes_on_elsewhere(fresh: str, relay: SilentRelay, steps: Steps) -> None:
    first = Outbox(steps.work_slowly, NEWS_LOCK, newsroom.log)
    async with running(first.run(through(relay.dsn))):
        await expect_taken_over(relay, steps, Outbox(steps.work, NEWS_LOCK, newsroom.log).run(through(fresh)))


@pytest.mark.slow
@pytest.mark.usefixtures("_quick")
async def test_a_process_that_waits_between_two_rounds_keeps_its_session(fresh: str) -> None:
    sessions: list[int] = []

    async def notes(connection: Connection) -> None:
        sessions.append(await connection.fetchval("SELECT pg_backend_pid()"))

    async def rounds() -> bool:
        return len(sessions) == 2

    async with running(Scheduler(through(fresh), (notes,), "due", period_seconds=5.0).run()):
        await becomes(rounds)
    assert len(set(sessions)) == 1


def test_due_work_moves_on_within_half_a_minute() -> None:
    assert leases.SILENT_SECONDS + max(leases.PULSE_SECONDS, outbox.CHECK_SECONDS) < MOST_SECONDS
    assert outbox.CHECK_SECONDS < leases.SILENT_SECONDS
    assert 2 * leases.PULSE_SECONDS < leases.SILENT_SECONDS


@pytest.mark.slow
@pytest.mark.usefixtures("_quick")
async def test_a_survey_closes_on_its_day_whichever_server_falls_silent(
    fresh: str, relay: SilentRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "Scheduler", partial(Scheduler, period_seconds=1.0))
    database = await asyncpg.connect(fresh)

    async def are_locked() -> bool:
        return len(await locked_by(database)) == 2

    try:
        async with AsyncExitStack() as servers:
            await servers.enter_async_context(serving(relay.dsn, filled=True, publishing=PUBLISHING))
            await becomes(are_locked)  # by the server that will fall silent
            await servers.enter_async_context(serving(fresh, filled=True, publishing=PUBLISHING))
            pids = await locked_by(database)
            survey = await overdue(database)
            relay.freeze()

            async def is_over() -> bool:
                status = await database.fetchval("SELECT status FROM catalog.survey WHERE id = $1", survey)
                return bool(status != SurveyStatus.OPEN.name)

            async def are_free() -> bool:
                return not pids & await locked_by(database)

            await becomes(is_over)  # the lock of the other work may end a second later
            await becomes(are_free)
            relay.thaw()
    finally:
        await database.close()


async def locked_by(database: asyncpg.Connection) -> set[int]:
    """The sessions that hold a lock of due work."""
    rows = await database.fetch(
        "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted"
        " AND application_name IN ('cohorte due', 'cohorte closing') AND datname = current_database()"
    )
    return {row[0] for row in rows}


async def overdue(database: asyncpg.Connection) -> UUID:
    """An open survey whose last day is over."""
    made = await factories.survey(database, status=SurveyStatus.OPEN.name)
    move = "UPDATE catalog.survey SET opens_on = current_date - 9, closes_on = current_date - 2 WHERE id = $1"
    await database.execute(move, made["id"])
    return UUID(str(made["id"]))
