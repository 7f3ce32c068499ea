"""Pairs of concurrent writes where one decides what the other may do: neither is overlooked, neither fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest import mock

import asyncpg
import pytest_asyncio

from models.identity.accounts import StaffRole
from privacy import thresholds
from tests import factories
from tests.support.callers import User
from tests.support.client import Caller, serving
from tests.support.eventually import becomes
from tests.support.network import Network
from tests.support.surveys import consents, drafted, looked_at, opened, participation
from tests.support.waiters import waiters

REGION = {"regions": ["Mayotte"]}


@pytest_asyncio.fixture
async def network(fresh: str, owner: asyncpg.Connection) -> AsyncIterator[Network]:
    """Yields a network on the test's own database, whose events are not recorded."""
    async with serving(fresh, pool_size=4) as ask:
        yield Network(ask, owner)


@asynccontextmanager
async def meanwhile(
    fresh: str, network: Network, who: Caller, mutation: str, fields: str, **given: Any
) -> AsyncIterator[Any]:
    """A transaction that commits on leaving, once the mutation waits for it; `answer` then has the response."""
    other = await asyncpg.connect(fresh)
    answer: dict[str, Any] = {}
    try:
        async with other.transaction():
            yield other, answer
            asking = asyncio.create_task(network.answer(who, mutation, fields, **given))
            await becomes(lambda: waiters(network.database), lambda found: found or asking.done())
            assert not asking.done()
        answer |= await asking
    finally:
        await other.close()


async def joins(connection: asyncpg.Connection, who: User, community: Any) -> None:
    """Does what communityJoin does, without committing."""
    await connection.execute("SELECT set_config('cohorte.member', $1, true)", str(who.id))
    await factories.membership(connection, member_id=who.id, community_id=community)
    await connection.execute("SELECT catalog.readiness_changed($1)", community)


async def test_a_member_who_joins_during_scheduling_is_counted_and_invited(fresh: str, network: Network) -> None:
    survey_manager, community_id = (
        await network.staff(StaffRole.SURVEY_MANAGER),
        (await factories.community(network.database))["id"],
    )
    ada, ben = await network.member(community_id), await network.member()
    for who in (ada, ben):
        await consents(network, who)
    survey = await drafted(network, survey_manager, community_id)
    with mock.patch.object(thresholds, "noisy_threshold", lambda number: 0 * number - 100_000):
        async with meanwhile(fresh, network, survey_manager, "surveySchedule", "survey { status }", survey=survey) as (
            other,
            answer,
        ):
            await joins(other, ben, community_id)
        assert answer == {"data": {"surveySchedule": {"survey": {"status": "WAITING"}, "userErrors": []}}}
        assert await looked_at(network, survey) == "OPEN"
    assert [await participation(network, who, survey) for who in (ada, ben)] == ["INVITED", "INVITED"]


async def test_a_member_who_becomes_eligible_for_an_open_survey_is_invited(network: Network) -> None:
    survey_manager, community_id = (
        await network.staff(StaffRole.SURVEY_MANAGER),
        (await factories.community(network.database))["id"],
    )
    ada, ben, eve = [await network.member(community_id) for _ in range(3)]
    await network.do(ada, "profileUpdate", "__typename", region="Mayotte")
    await consents(network, ben)
    by_region = await opened(network, survey_manager, community_id, ada, eligibility=REGION)
    assert await participation(network, ben, by_region) is None
    for who in (ben, eve):  # eve does not consent
        await network.do(who, "profileUpdate", "__typename", region="Mayotte")
    assert [await participation(network, who, by_region) for who in (ben, eve)] == ["INVITED", None]

    treatment = f"trt_{(await factories.treatment(network.database))['id']}"
    asked = {"eligibility": {"treatments": [treatment]}}
    by_treatment = await opened(network, survey_manager, community_id, **asked)
    assert await participation(network, ben, by_treatment) is None
    started = await network.do(ben, "courseStart", "course { status }", treatment=treatment, startedOn="2026-03-02")
    assert started == {"course": {"status": "ACTIVE"}, "userErrors": []}
    assert await participation(network, ben, by_treatment) == "INVITED"


async def test_writes_of_a_member_who_is_leaving_are_refused(fresh: str, network: Network) -> None:
    ada, treatment = await network.member(), (await factories.treatment(network.database))["id"]
    given = {"treatment": f"trt_{treatment}", "startedOn": "2026-03-02", "clientMutationId": "once"}
    async with meanwhile(fresh, network, ada, "courseStart", "course { id }", **given) as (other, answer):
        await other.execute("DELETE FROM care.member WHERE id = $1", ada.id)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await network.value("SELECT count(*) FROM care.course WHERE treatment_id = $1", treatment) == 0
    assert await network.value("SELECT count(*) FROM identity.mutation WHERE caller = $1", ada.id) == 0


async def test_suspending_a_member_who_is_leaving_finds_nobody(fresh: str, network: Network) -> None:
    ada, moderator = await network.member(), await network.staff(StaffRole.MODERATOR)
    given = {"member": ada.graph_id, "reason": "r"}
    async with meanwhile(fresh, network, moderator, "memberSuspend", "member { id }", **given) as (other, answer):
        await other.execute("DELETE FROM care.member WHERE id = $1", ada.id)
    refused = {"code": "NOT_FOUND", "path": ["input", "member"]}
    assert answer == {"data": {"memberSuspend": {"member": None, "userErrors": [refused]}}}
