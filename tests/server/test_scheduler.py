"""Scheduled work: surveys open on their day and close after their last, once, in whichever process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from unittest import mock
from uuid import UUID

import asyncpg
import pytest

from models.database import Connection
from models.insight.datasets import FREEZING_PARTS
from models.logins import role_dsn
from models.research.surveys import ParticipationStatus, SurveyStatus
from models.security.publisher import PUBLISHER
from models.viewers import Audience, Login
from resolvers import jobs
from resolvers.jobs import MAINTENANCE, PUBLISHING, forget_mutations, freeze_datasets, settle_surveys, try_lock
from resolvers.leases import SILENT_SECONDS
from server.jobs.scheduler import MAINTENANCE_LOCK, Scheduler
from tests import factories
from tests.support.callers import User
from tests.support.client import serving
from tests.support.eventually import becomes, until
from tests.support.ids import key
from tests.support.network import Network
from tests.support.surveys import (
    NO,
    answers_in,
    becomes_ready,
    completed,
    consents,
    in_days,
    opened,
    participation,
    scheduled,
    status_of,
    submitted,
)

MOVE = "UPDATE catalog.survey SET {column} = current_date + $2::integer WHERE id = $1"


async def address(network: Network) -> str:
    settings = network.ask.app.endpoint
    assert settings is not None
    assert settings.settings.database_url is not None
    return settings.settings.database_url


@asynccontextmanager
async def as_(login: Login, network: Network) -> AsyncIterator[asyncpg.Connection]:
    """A connection as a role, without a viewer, as scheduled work uses it."""
    connection = await asyncpg.connect(role_dsn(await address(network), login))
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.usefixtures("hurried")
async def test_a_survey_opens_on_its_day(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    for who in (ada, ben):
        await consents(network, who)
    survey = await scheduled(network, survey_manager, community_id, opensOn=in_days(2))
    lonely = await scheduled(network, survey_manager, community_id, opensOn=in_days(2))
    await becomes_ready(network, survey)
    async with as_(PUBLISHER, network) as publisher:
        await settle_surveys(publisher)
        assert await status_of(network, survey) == "WAITING"
        for one in (survey, lonely):
            await network.database.execute(MOVE.format(column="opens_on"), key(one), 0)
        await network.events()
        await settle_surveys(publisher)
        await settle_surveys(publisher)
    await network.deliver()
    assert (await status_of(network, survey), await status_of(network, lonely)) == ("OPEN", "WAITING")
    events = [one for one in await network.events() if one["kind"] == "surveyOpened"]
    assert events == [{"kind": "surveyOpened", "subject": str(key(survey)), "about": str(community_id)}]
    assert [await participation(network, who, survey) for who in (ada, ben)] == ["INVITED", "INVITED"]


@pytest.mark.usefixtures("hurried")
async def test_a_survey_closes_after_its_last_day(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    survey = await opened(network, survey_manager, community_id, ada, ben)
    never = await scheduled(network, survey_manager, community_id)
    await submitted(network, ada, survey)
    await network.do(ben, "surveySave", "__typename", survey=survey, answers=[NO])
    async with as_(PUBLISHER, network) as publisher:
        await network.database.execute(MOVE.format(column="closes_on"), key(survey), 0)
        await settle_surveys(publisher)
        assert await status_of(network, survey) == "OPEN"  # the last day is not over
        for one in (survey, never):
            await network.database.execute(MOVE.format(column="opens_on"), key(one), -9)
            await network.database.execute(MOVE.format(column="closes_on"), key(one), -2)
        await settle_surveys(publisher)
        await freeze_datasets(publisher)
    assert (await status_of(network, survey), await status_of(network, never)) == ("CLOSED", "CLOSED")
    row = await network.row("SELECT closes_on FROM catalog.survey WHERE id = $1", key(survey))
    assert row["closes_on"].isoformat() == in_days(-2)
    links = "SELECT count(answer_sheet_id) FROM research.participation WHERE survey_id = $1"
    assert await network.value(links, key(survey)) == 0
    assert (await answers_in(network, survey), await completed(network, survey)) == (0, 1)


@pytest.mark.parametrize(("published", "slowest"), [(0, 0.12), (400, 0.12), (20_000, 2.4)])
async def test_the_times_at_which_a_dataset_is_frozen_say_nothing_about_its_members(
    published: int, slowest: float
) -> None:
    class Loop:
        """The time of an event loop in which only the test's own waiting takes time."""

        def __init__(self) -> None:
            self.now = 100.0

        def time(self) -> float:
            return self.now

    async def times(takes: float) -> list[float]:
        """After how many seconds each part is done, and the dataset is open, if each takes so many seconds."""
        loop = Loop()

        async def sleep(seconds: float) -> None:
            loop.now += seconds

        with (
            mock.patch.object(asyncio, "get_running_loop", return_value=loop),
            mock.patch.object(asyncio, "sleep", sleep),
        ):
            pause, found = jobs._in_time(mock.AsyncMock(), published), []
            for parts in (*range(1, FREEZING_PARTS + 1), FREEZING_PARTS, FREEZING_PARTS):
                loop.now += takes
                await pause(parts)
                found.append(loop.now - 100.0)
        return found

    quickly, slowly = await times(0.001), await times(slowest)
    assert quickly[:FREEZING_PARTS] == pytest.approx(slowly[:FREEZING_PARTS])
    assert (await times(0.1))[-1] == pytest.approx(quickly[-1])
    assert quickly[-1] <= max(2.5, published * 0.003)


@pytest.mark.usefixtures("hurried")
async def test_concurrent_schedulers_do_the_work_once(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    members = [await network.member(community_id) for _ in range(5)]
    for who in members:
        await consents(network, who)
    surveys = [await scheduled(network, survey_manager, community_id, opensOn=in_days(1)) for _ in range(3)]
    await becomes_ready(network, *surveys)
    for survey in surveys:
        await network.database.execute(MOVE.format(column="opens_on"), key(survey), 0)
    await network.events()
    async with as_(PUBLISHER, network) as one, as_(PUBLISHER, network) as two, as_(PUBLISHER, network) as three:
        await asyncio.gather(*(settle_surveys(publisher) for publisher in (one, two, three)))
    await network.deliver()
    assert [await status_of(network, survey) for survey in surveys] == ["OPEN"] * 3
    events = [event["kind"] for event in await network.events()]
    assert (events.count("surveyOpened"), events.count("notificationAdded")) == (3, 15)


async def test_one_process_schedules_and_another_takes_over(fresh: str) -> None:
    first, second = await asyncpg.connect(fresh), await asyncpg.connect(fresh)
    try:
        assert await try_lock(first, MAINTENANCE_LOCK) is True
        assert await try_lock(second, MAINTENANCE_LOCK) is False
        first.terminate()
        await becomes(lambda: try_lock(second, MAINTENANCE_LOCK))
    finally:
        await second.close()


async def test_every_process_serves_and_one_does_the_scheduled_work(fresh: str) -> None:
    done: list[str] = []

    def process(name: str) -> Scheduler:
        async def task(connection: Connection) -> None:
            done.append(name)

        return Scheduler(lambda: asyncpg.connect(fresh), (task,), period_seconds=0.01)

    running = {name: asyncio.create_task(process(name).run()) for name in ("one", "two")}
    try:
        await until(lambda: len(done) > 3)
        assert len(set(done)) == 1
        last = done[-1]
        await stopped(running.pop(last))
        await until(lambda: done[-1] != last)
    finally:
        for task in running.values():
            await stopped(task)


async def test_a_failing_task_does_not_block_others(fresh: str, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    async def fails(connection: Connection) -> None:
        await connection.execute("SELECT 'Zzyzx'::integer")

    async def works(connection: Connection) -> None:
        done.append(await connection.fetchval("SELECT 'done'"))

    connection = await asyncpg.connect(fresh)
    try:
        await Scheduler(lambda: asyncpg.connect(fresh), (fails, works)).once(connection)
    finally:
        await connection.close()
    assert done == ["done"]
    assert "fails failed: InvalidTextRepresentationError" in caplog.text
    assert "Zzyzx" not in caplog.text


async def test_a_job_that_always_takes_too_long_stops_no_other(fresh: str) -> None:
    done: list[str] = []

    async def slow(connection: Connection) -> None:
        done.append("slow")
        await connection.execute("SELECT pg_sleep(60)", timeout=0.05)

    async def next(connection: Connection) -> None:
        done.append("next")

    async def last(connection: Connection) -> None:
        done.append("last")

    scheduler = Scheduler(lambda: asyncpg.connect(fresh), (slow, next, last), period_seconds=0.01)
    running = asyncio.create_task(scheduler.run())
    try:
        await until(lambda: done.count("slow") > 1)
    finally:
        await stopped(running)
    assert done[:4] == ["slow", "next", "last", "slow"]


async def test_what_has_expired_is_deleted_in_batches_and_goes_on_in_the_next_round(
    owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owner.execute("DELETE FROM identity.mutation; DELETE FROM identity.attempt")
    await owner.execute(
        "INSERT INTO identity.mutation (caller, name, client_mutation_id, input_hash, created_at)"
        " SELECT gen_random_uuid(), 'postAdd', n::text, '', now() - interval '2 days' FROM generate_series(1, 25) n"
    )
    await owner.execute(
        "INSERT INTO identity.attempt (subject, tried_at)"
        " SELECT sha256(n::text::bytea), now() - interval '2 days' FROM generate_series(1, 25) n"
    )
    monkeypatch.setattr(jobs, "DELETED_AT_ONCE", 10)
    left = "SELECT (SELECT count(*) FROM identity.mutation), (SELECT count(*) FROM identity.attempt)"
    monkeypatch.setattr(jobs, "DELETING_SECONDS", -1.0)  # for no second batch
    for job in (jobs.forget_mutations, jobs.forget_waiting):
        await job(owner)
    assert tuple(await owner.fetchrow(left) or ()) == (24, 24)  # the first batch is small
    monkeypatch.setattr(jobs, "DELETING_SECONDS", 60.0)
    for job in (jobs.forget_mutations, jobs.forget_waiting):
        await job(owner)
    assert tuple(await owner.fetchrow(left) or ()) == (0, 0)


async def test_a_cut_connection_is_replaced(fresh: str) -> None:
    made: list[asyncpg.Connection] = []

    async def connect() -> asyncpg.Connection:
        made.append(await asyncpg.connect(fresh))
        return made[-1]

    async def asks(connection: Connection) -> None:
        await connection.execute("SELECT")

    running = asyncio.create_task(Scheduler(connect, (asks,), period_seconds=0.01).run())
    try:
        await until(lambda: len(made) == 1)
        made[0].terminate()
        await until(lambda: len(made) == 2)
    finally:
        await stopped(running)


async def test_results_of_mutations_expire_after_a_day(network: Network) -> None:
    keep = """
        INSERT INTO identity.mutation (caller, name, client_mutation_id, input_hash, created_at)
        VALUES (gen_random_uuid(), 'postAdd', $1, '', now() - $2::interval)
    """
    await network.database.execute(keep, "old", timedelta(days=1, minutes=1))
    await network.database.execute(keep, "new", timedelta(hours=23))
    async with as_(Audience.MANAGER, network) as house:
        await forget_mutations(house)
    kept = "SELECT client_mutation_id FROM identity.mutation WHERE client_mutation_id = any($1)"
    assert [row[0] for row in await network.database.fetch(kept, ["old", "new"])] == ["new"]


@pytest.mark.usefixtures("hurried")
async def test_the_manager_and_publisher_roles_may_do_all_scheduled_work(network: Network) -> None:
    for login, tasks in ((Audience.MANAGER, MAINTENANCE), (PUBLISHER, PUBLISHING)):
        async with as_(login, network) as connection:
            for task in tasks:
                await task(connection)


@pytest.mark.usefixtures("hurried")
async def test_a_starting_server_does_overdue_work(fresh: str) -> None:
    database = await asyncpg.connect(fresh)
    try:
        over = date.fromisoformat(in_days(-2))
        survey = (await factories.survey(database, status=SurveyStatus.OPEN, opens_on=over, closes_on=over))["id"]
        sheet = (await factories.answer_sheet(database, survey_id=survey))["id"]
        done = {"status": ParticipationStatus.COMPLETED, "completed_at": factories.NOON, "answer_sheet_id": sheet}
        part = (await factories.participation(database, survey_id=survey, **done))["id"]
        async with serving(fresh, publishing=PUBLISHING), serving(fresh, publishing=PUBLISHING):
            closed = "SELECT no_dataset FROM catalog.survey WHERE id = $1"
            await becomes(lambda: database.fetchval(closed, survey))
        link = "SELECT answer_sheet_id, completed_at FROM research.participation WHERE id = $1"
        assert [tuple(row) for row in await database.fetch(link, part)] == [(None, factories.NOON.replace(hour=0))]
        kept = "SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1"
        assert await database.fetchval(kept, survey) == 0
    finally:
        await database.close()


async def stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_pause_of_any_length_leaves_no_lock_to_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a part of a dataset of some 120,000 members and more."""
    silences = [0.0]

    async def sleep(seconds: float) -> None:
        silences[-1] += seconds

    connection = mock.AsyncMock()
    connection.execute.side_effect = lambda statement: silences.append(0.0)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    await jobs._in_time(connection, 1_000_000)(1)
    assert sum(silences) > 60
    assert max(silences) < SILENT_SECONDS / 2
