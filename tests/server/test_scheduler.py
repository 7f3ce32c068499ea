"""What time brings about: surveys open on their day and close after their last, once, whichever process does it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest

from models.database import Connection
from models.logins import role_dsn
from models.research.surveys import ParticipationStatus, SurveyStatus
from models.security.publisher import PUBLISHER
from models.viewers import Audience, Login
from resolvers.jobs import MAINTENANCE, PUBLISHING, forget_mutations, settle_surveys, takes_turn
from server.scheduler import MAINTENANCE_LOCK, Scheduler
from tests import factories
from tests.support.client import serving
from tests.support.surveys import (
    NO,
    answers_in,
    completed,
    consents,
    in_days,
    opened,
    participation,
    scheduled,
    status_of,
    submitted,
    uuid,
)
from tests.support.town import Person, Town

MOVE = "UPDATE catalog.survey SET {column} = current_date + $2::integer WHERE id = $1"


async def address(here: Town) -> str:
    settings = here.ask.app.endpoint
    assert settings is not None
    assert settings.settings.database_url is not None
    return settings.settings.database_url


@asynccontextmanager
async def as_(login: Login, here: Town) -> AsyncIterator[asyncpg.Connection]:
    """A connection as what is due is done on: the role's, and no viewer."""
    connection = await asyncpg.connect(role_dsn(await address(here), login))
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_survey_opens_on_its_day(here: Town, boss: Person, home: UUID, ada: Person, ben: Person) -> None:
    for who in (ada, ben):
        await consents(here, who)
    survey = await scheduled(here, boss, home, opensOn=in_days(2))
    lonely = await scheduled(here, boss, home, opensOn=in_days(2), minimumParticipants=3)
    async with as_(PUBLISHER, here) as publisher:
        await settle_surveys(publisher)
        assert await status_of(here, survey) == "WAITING"
        for one in (survey, lonely):
            await here.database.execute(MOVE.format(column="opens_on"), uuid(one), 0)
        await here.events()
        await settle_surveys(publisher)
        await settle_surveys(publisher)
    assert (await status_of(here, survey), await status_of(here, lonely)) == ("OPEN", "WAITING")
    told = [one for one in await here.events() if one["kind"] == "surveyOpened"]
    assert told == [{"kind": "surveyOpened", "subject": str(uuid(survey)), "about": str(home)}]
    assert [await participation(here, who, survey) for who in (ada, ben)] == ["INVITED", "INVITED"]


async def test_a_survey_closes_after_its_last_day(
    here: Town, boss: Person, home: UUID, ada: Person, ben: Person
) -> None:
    survey = await opened(here, boss, home, ada, ben)
    never = await scheduled(here, boss, home, minimumParticipants=3)
    await submitted(here, ada, survey)
    await here.do(ben, "surveySave", "__typename", survey=survey, answers=[NO])
    async with as_(PUBLISHER, here) as publisher:
        await here.database.execute(MOVE.format(column="closes_on"), uuid(survey), 0)
        await settle_surveys(publisher)
        assert await status_of(here, survey) == "OPEN"  # its last day is not over
        for one in (survey, never):
            await here.database.execute(MOVE.format(column="opens_on"), uuid(one), -9)
            await here.database.execute(MOVE.format(column="closes_on"), uuid(one), -2)
        await settle_surveys(publisher)
    assert (await status_of(here, survey), await status_of(here, never)) == ("CLOSED", "CLOSED")
    row = await here.row("SELECT closes_on FROM catalog.survey WHERE id = $1", uuid(survey))
    assert row["closes_on"].isoformat() == in_days(-2)
    links = "SELECT count(answer_sheet_id) FROM research.participation WHERE survey_id = $1"
    assert await here.value(links, uuid(survey)) == 0
    assert (await answers_in(here, survey), await completed(here, survey)) == (4, 1)


async def test_many_who_do_it_at_once_do_it_once(here: Town, boss: Person, home: UUID) -> None:
    members = [await here.member(home) for _ in range(5)]
    for who in members:
        await consents(here, who)
    surveys = [await scheduled(here, boss, home, opensOn=in_days(1)) for _ in range(3)]
    for survey in surveys:
        await here.database.execute(MOVE.format(column="opens_on"), uuid(survey), 0)
    await here.events()
    async with as_(PUBLISHER, here) as one, as_(PUBLISHER, here) as two, as_(PUBLISHER, here) as three:
        await asyncio.gather(*(settle_surveys(publisher) for publisher in (one, two, three)))
    assert [await status_of(here, survey) for survey in surveys] == ["OPEN"] * 3
    told = [event["kind"] for event in await here.events()]
    assert (told.count("surveyOpened"), told.count("notificationAdded")) == (3, 15)


async def test_it_falls_to_one_process_at_a_time_and_to_another_when_that_one_ends(fresh: str) -> None:
    first, second = await asyncpg.connect(fresh), await asyncpg.connect(fresh)
    try:
        assert await takes_turn(first, MAINTENANCE_LOCK) is True
        assert await takes_turn(second, MAINTENANCE_LOCK) is False
        first.terminate()
        for _ in range(100):
            if await takes_turn(second, MAINTENANCE_LOCK):
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("the lock of a connection that is gone was not set free")
    finally:
        await second.close()


async def test_every_process_serves_and_one_of_them_does_what_is_due(fresh: str) -> None:
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


async def test_a_task_that_fails_keeps_no_other_from_being_done(fresh: str, caplog: pytest.LogCaptureFixture) -> None:
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


async def test_a_connection_that_is_cut_is_made_again(fresh: str) -> None:
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


async def test_what_mutations_came_to_is_forgotten_after_a_day(here: Town) -> None:
    keep = """
        INSERT INTO identity.mutation (caller, name, client_mutation_id, input_hash, created_at)
        VALUES (gen_random_uuid(), 'postAdd', $1, '', now() - $2::interval)
    """
    await here.database.execute(keep, "old", timedelta(days=1, minutes=1))
    await here.database.execute(keep, "new", timedelta(hours=23))
    async with as_(Audience.MANAGER, here) as house:
        await forget_mutations(house)
    kept = "SELECT client_mutation_id FROM identity.mutation WHERE client_mutation_id = any($1)"
    assert [row[0] for row in await here.database.fetch(kept, ["old", "new"])] == ["new"]


async def test_the_house_and_the_publisher_may_do_all_that_falls_due(here: Town) -> None:
    for login, tasks in ((Audience.MANAGER, MAINTENANCE), (PUBLISHER, PUBLISHING)):
        async with as_(login, here) as connection:
            for task in tasks:
                await task(connection)


async def test_servers_that_start_do_what_fell_due_meanwhile(fresh: str) -> None:
    database = await asyncpg.connect(fresh)
    try:
        over = date.fromisoformat(in_days(-2))
        survey = (await factories.survey(database, status=SurveyStatus.OPEN, opens_on=over, closes_on=over))["id"]
        sheet = (await factories.answer_sheet(database, survey_id=survey))["id"]
        done = {"status": ParticipationStatus.COMPLETED, "completed_at": factories.NOON, "answer_sheet_id": sheet}
        part = (await factories.participation(database, survey_id=survey, **done))["id"]
        async with serving(fresh), serving(fresh):
            for _ in range(500):
                if await database.fetchval("SELECT status FROM catalog.survey WHERE id = $1", survey) == "CLOSED":
                    break
                await asyncio.sleep(0.02)
        link = "SELECT answer_sheet_id, completed_at FROM research.participation WHERE id = $1"
        assert [tuple(row) for row in await database.fetch(link, part)] == [(None, factories.NOON.replace(hour=0))]
        kept = "SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1"
        assert await database.fetchval(kept, survey) == 1
    finally:
        await database.close()


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come to that")


async def stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
