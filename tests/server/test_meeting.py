"""Pairs of concurrent writes where one decides what the other may do: neither is overlooked, neither fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest_asyncio

from models.identity.accounts import StaffRole
from tests import factories
from tests.support.client import Caller, serving
from tests.support.surveys import consents, drafted, opened, participation, scheduled, status_of
from tests.support.town import Person, Town

REGION = {"regions": ["Terres australes"]}


@pytest_asyncio.fixture
async def here(fresh: str, owner: asyncpg.Connection) -> AsyncIterator[Town]:
    async with serving(fresh, pool_size=4) as ask:
        yield Town(ask, owner)


@asynccontextmanager
async def meanwhile(
    fresh: str, here: Town, who: Caller, mutation: str, fields: str, **given: Any
) -> AsyncIterator[Any]:
    """A transaction that is committed when it is left, once the mutation waits for it; then `answer` has its answer."""
    other = await asyncpg.connect(fresh)
    answer: dict[str, Any] = {}
    try:
        async with other.transaction():
            yield other, answer
            asking = asyncio.create_task(here.answer(who, mutation, fields, **given))
            waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
            async with asyncio.timeout(10):
                while not asking.done() and not await here.value(waiting):  # noqa: ASYNC110 - nothing tells of it
                    await asyncio.sleep(0.01)
            assert not asking.done()
        answer |= await asking
    finally:
        await other.close()


async def joins(connection: asyncpg.Connection, who: Person, community: Any) -> None:
    """What communityJoin does, up to where it would commit."""
    await connection.execute("SELECT set_config('cohorte.member', $1, true)", str(who.id))
    await factories.membership(connection, member_id=who.id, community_id=community)
    await connection.execute("SELECT catalog.readiness_changed($1)", community)


async def test_a_member_who_joins_during_scheduling_is_counted_and_invited(fresh: str, here: Town) -> None:
    boss, home = await here.staff(StaffRole.SURVEY_MANAGER), (await factories.community(here.database))["id"]
    ada, ben = await here.member(home), await here.member()
    for who in (ada, ben):
        await consents(here, who)
    survey = await drafted(here, boss, home, minimumParticipants=2)
    async with meanwhile(fresh, here, boss, "surveySchedule", "survey { status }", survey=survey) as (other, answer):
        await joins(other, ben, home)
    assert answer == {"data": {"surveySchedule": {"survey": {"status": "OPEN"}, "userErrors": []}}}
    assert [await participation(here, who, survey) for who in (ada, ben)] == ["INVITED", "INVITED"]


async def test_a_member_who_becomes_eligible_for_an_open_survey_is_invited(here: Town) -> None:
    boss, home = await here.staff(StaffRole.SURVEY_MANAGER), (await factories.community(here.database))["id"]
    ada, ben, eve = [await here.member(home) for _ in range(3)]
    await here.do(ada, "profileUpdate", "__typename", region="Terres australes")
    await consents(here, ben)
    by_region = await opened(here, boss, home, ada, minimumParticipants=1, eligibility=REGION)
    assert await participation(here, ben, by_region) is None
    for who in (ben, eve):  # eve does not consent
        await here.do(who, "profileUpdate", "__typename", region="Terres australes")
    assert [await participation(here, who, by_region) for who in (ben, eve)] == ["INVITED", None]

    treatment = f"trt_{(await factories.treatment(here.database))['id']}"
    asked = {"minimumParticipants": 1, "eligibility": {"treatments": [treatment]}}
    by_treatment = await scheduled(here, boss, home, **asked)
    assert await status_of(here, by_treatment) == "WAITING"
    started = await here.do(ben, "courseStart", "course { status }", treatment=treatment, startedOn="2026-03-02")
    assert started == {"course": {"status": "ACTIVE"}, "userErrors": []}
    assert await status_of(here, by_treatment) == "OPEN"  # its first one opened it
    assert await participation(here, ben, by_treatment) == "INVITED"


async def test_writes_of_a_member_who_is_leaving_are_refused(fresh: str, here: Town) -> None:
    ada, treatment = await here.member(), (await factories.treatment(here.database))["id"]
    given = {"treatment": f"trt_{treatment}", "startedOn": "2026-03-02", "clientMutationId": "once"}
    async with meanwhile(fresh, here, ada, "courseStart", "course { id }", **given) as (other, answer):
        await other.execute("DELETE FROM care.member WHERE id = $1", ada.id)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await here.value("SELECT count(*) FROM care.course WHERE treatment_id = $1", treatment) == 0
    assert await here.value("SELECT count(*) FROM identity.mutation WHERE caller = $1", ada.id) == 0


async def test_suspending_a_member_who_is_leaving_finds_nobody(fresh: str, here: Town) -> None:
    ada, moderator = await here.member(), await here.staff(StaffRole.MODERATOR)
    given = {"member": ada.graph_id, "reason": "r"}
    async with meanwhile(fresh, here, moderator, "memberSuspend", "member { id }", **given) as (other, answer):
        await other.execute("DELETE FROM care.member WHERE id = $1", ada.id)
    refused = {"code": "NOT_FOUND", "path": ["input", "member"]}
    assert answer == {"data": {"memberSuspend": {"member": None, "userErrors": [refused]}}}
