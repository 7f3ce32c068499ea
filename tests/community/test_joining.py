"""How many communities a member may join, and the moderators who may allow more."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from models import logins
from models.identity.accounts import StaffRole
from models.viewers import Audience
from tests import factories
from tests.support.callers import User
from tests.support.clock import set_clock
from tests.support.clusters import clone
from tests.support.network import Network, network_on

A_DAY, AT_FIRST, MOST = 2, 3, 5
REFUSED = ("LIMIT_REACHED", "input.community")


@pytest_asyncio.fixture(scope="module")
async def limited(template: str) -> AsyncIterator[Network]:
    async with (
        clone(template) as dsn,
        network_on(dsn, joins_a_day=A_DAY, joins_at_first=AT_FIRST, joins=MOST, pool_size=6) as built,
    ):
        yield built


@pytest_asyncio.fixture
async def small(limited: Network) -> AsyncIterator[Network]:
    """Yields a network in which members join two communities a day, three in their first week, and five in all."""
    yield limited
    await set_clock(limited.database, None)


async def join(network: Network, who: User, community: Any = None) -> list[tuple[str, str]]:
    community = community or await factories.community(network.database)
    return await network.refusals(who, "communityJoin", community=f"com_{community['id']}")


async def message(network: Network, who: User) -> str:
    community = await factories.community(network.database)
    fields = "userErrors { message }"
    payload = await network.do(who, "communityJoin", fields, community=f"com_{community['id']}")
    return str(payload["userErrors"][0]["message"])


async def at(network: Network, day: int, hour: int = 12) -> None:
    await set_clock(network.database, datetime(2027, 5, 1, hour, tzinfo=UTC) + timedelta(days=day))


async def test_two_a_day_five_in_all_and_more_if_a_moderator_allows_it(small: Network) -> None:
    who = await small.member()
    expected = [2, 2, 1, 0]
    for day, count in enumerate(expected):
        await at(small, day)
        answers = [await join(small, who) for _ in range(A_DAY + 1)]
        assert answers == [[]] * count + [[REFUSED]] * (A_DAY + 1 - count)
    assert await small.count("care.membership", member_id=who.id) == MOST
    assert f"at most {MOST} communities" in await message(small, who)
    moderator = await small.staff(StaffRole.MODERATOR)
    for allowed in (7, 1):  # the later replaces the earlier
        given = {"member": who.graph_id, "communities": allowed}
        payload = await small.do(moderator, "memberAllowCommunities", "member { id }", **given)
        assert payload == {"member": {"id": who.graph_id}, "userErrors": []}
    await at(small, 9)
    assert [await join(small, who) for _ in range(2)] == [[], [REFUSED]]
    assert await small.count("care.membership", member_id=who.id) == MOST + 1


async def test_the_limit_of_a_day_is_that_of_a_day_by_utc(small: Network) -> None:
    who = await small.member()
    await at(small, 0, 23)
    assert [await join(small, who) for _ in range(A_DAY + 1)] == [[], [], [REFUSED]]
    assert f"at most {A_DAY} communities a day" in await message(small, who)
    await at(small, 1, 0)
    assert await join(small, who) == []


async def test_three_in_the_first_week(small: Network) -> None:
    await at(small, 0)
    who = await small.member(joined_on=await small.value("SELECT catalog.today()"))
    for day, count in ((0, 2), (1, 1), (6, 0), (7, 2)):
        await at(small, day)
        answers = [await join(small, who) for _ in range(A_DAY + 1)]
        assert answers == [[]] * count + [[REFUSED]] * (A_DAY + 1 - count), day
        if day == 6:
            assert f"In your first week, you can join at most {AT_FIRST} communities" in await message(small, who)


async def test_leaving_does_not_make_room_and_joining_again_changes_nothing(small: Network) -> None:
    community = await factories.community(small.database)
    who = await small.member()
    await at(small, 0)
    assert [await join(small, who, community) for _ in range(5)] == [[]] * 5
    await small.do(who, "communityLeave", "__typename", community=f"com_{community['id']}")
    assert [await join(small, who) for _ in range(2)] == [[], [REFUSED]]
    # Of those that a member joined before the count began, each counts.
    joined = [(await factories.community(small.database))["id"] for _ in range(MOST - 1)]
    older = await small.member(*joined)
    assert [await join(small, older) for _ in range(2)] == [[], [REFUSED]]
    assert f"at most {MOST} communities" in await message(small, older)


async def test_a_refused_join_leaves_nothing_behind(small: Network) -> None:
    who = await small.member()
    await at(small, 0)
    for _ in range(A_DAY):
        await join(small, who)
    before = await small.row("SELECT * FROM identity.joining WHERE member_id = $1", who.id)
    community = await factories.community(small.database)
    given = {"community": f"com_{community['id']}", "diagnosedIn": 2019}
    assert await small.refusals(who, "communityJoin", **given) == [REFUSED]
    assert await small.count("care.membership", member_id=who.id) == A_DAY
    assert await small.count("care.diagnosis", member_id=who.id) == 0
    assert await small.row("SELECT * FROM identity.joining WHERE member_id = $1", who.id) == before


async def test_joins_at_the_same_time_are_counted_one_after_another(small: Network) -> None:
    who = await small.member()
    communities = [await factories.community(small.database) for _ in range(12)]
    answers = await asyncio.gather(*(join(small, who, community) for community in communities))
    assert sorted(answers) == [[]] * A_DAY + [[REFUSED]] * (12 - A_DAY)
    assert await small.count("care.membership", member_id=who.id) == A_DAY


async def test_only_moderators_allow_more(small: Network) -> None:
    who = await small.member()
    given = {"member": who.graph_id, "communities": 3}
    moderator, steward = await small.staff(StaffRole.MODERATOR), await small.staff(StaffRole.DATA_STEWARD)
    answer = await small.answer(steward, "memberAllowCommunities", "member { id }", **given)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    for communities in (-1, 101):
        refused = await small.refused(moderator, "memberAllowCommunities", **given | {"communities": communities})
        assert refused == ("INVALID", "input.communities")
    assert await small.count("identity.joining", member_id=who.id) == 0


async def test_the_database_lets_only_moderators_allow_more(fresh: str) -> None:
    await logins.open_roles(fresh)
    owner = await asyncpg.connect(fresh)
    staff = await factories.staff(owner, roles=[StaffRole.SURVEY_MANAGER])
    member = await factories.member(owner)
    manager = await asyncpg.connect(logins.role_dsn(fresh, Audience.MANAGER))
    try:
        await manager.execute("SELECT set_config('cohorte.staff', $1, false)", str(staff["id"]))
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only moderators"):
            await manager.execute("SELECT identity.allow_joining($1, 3)", member["id"])
        assert await owner.fetchval("SELECT count(*) FROM identity.joining") == 0
    finally:
        await manager.close()
        await owner.close()
