"""The year of a diagnosis: given on joining, read by its member alone, deleted on leaving."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from models.identity.members import MemberKind, Sharing
from models.viewers import Audience
from tests import factories
from tests.models.test_scopes import Admin, viewing
from tests.support.callers import User
from tests.support.eventually import becomes
from tests.support.network import Network
from tests.support.waiters import waiters

FIELDS = "membership { diagnosedIn role }"
MINE = "{ me { memberships { diagnosedIn community { id } } } }"
THIS_YEAR = datetime.now(UTC).year


async def born(network: Network, year: int | None) -> User:
    who = await network.member(sharing=Sharing.ALL_MEMBERS)
    await network.database.execute("UPDATE care.profile SET birth_year = $2 WHERE member_id = $1", who.id, year)
    return who


async def join_with_year(network: Network, who: User, community_id: UUID, **given: Any) -> Any:
    payload = await network.do(who, "communityJoin", FIELDS, community=f"com_{community_id}", **given)
    assert payload["userErrors"] == []
    return payload["membership"]["diagnosedIn"]


async def test_a_patient_gives_changes_and_removes_the_year_of_diagnosis(network: Network, community_id: UUID) -> None:
    who = await born(network, 1980)
    assert await join_with_year(network, who, community_id) is None
    assert await join_with_year(network, who, community_id, diagnosedIn=2004) == 2004
    assert await join_with_year(network, who, community_id, diagnosedIn=1980) == 1980
    assert await join_with_year(network, who, community_id) == 1980  # not given: it is unchanged
    assert (await network.ask(who, MINE))["data"]["me"]["memberships"] == [
        {"diagnosedIn": 1980, "community": {"id": f"com_{community_id}"}}
    ]
    assert await join_with_year(network, who, community_id, diagnosedIn=None) is None
    assert await network.value("SELECT count(*) FROM care.diagnosis WHERE member_id = $1", who.id) == 0
    assert await join_with_year(network, who, community_id, diagnosedIn=None) is None


@pytest.mark.parametrize(
    ("birth_year", "year", "code"),
    [
        (1980, 1979, "INVALID"),
        (1980, 1980, None),
        (1980, THIS_YEAR, None),
        (1980, THIS_YEAR + 1, "INVALID"),
        (None, 1900, None),
        (None, 1899, "INVALID"),
        (None, 0, "INVALID"),
        (None, -2_147_483_648, "INVALID"),
        (None, 2_147_483_647, "INVALID"),
    ],
)
async def test_an_impossible_year_is_refused(
    network: Network, community_id: UUID, birth_year: int | None, year: int, code: str | None
) -> None:
    who = await born(network, birth_year)
    if code is None:
        assert await join_with_year(network, who, community_id, diagnosedIn=year) == year
        return
    refused = await network.refused(who, "communityJoin", community=f"com_{community_id}", diagnosedIn=year)
    assert refused == (code, "input.diagnosedIn")
    for table in ("care.diagnosis", "care.membership"):
        assert await network.value(f"SELECT count(*) FROM {table} WHERE member_id = $1", who.id) == 0


async def test_a_year_of_birth_after_a_stated_diagnosis_is_refused(network: Network, community_id: UUID) -> None:
    who = await born(network, None)
    await join_with_year(network, who, community_id, diagnosedIn=1995)
    assert await network.refused(who, "profileUpdate", birthYear=1996) == ("INVALID", "input.birthYear")
    born_in = "SELECT birth_year FROM care.profile WHERE member_id = $1"
    assert await network.value(born_in, who.id) is None
    assert await network.refusals(who, "profileUpdate", birthYear=1995) == []
    await network.do(who, "communityLeave", "__typename", community=f"com_{community_id}")
    assert await network.refusals(who, "profileUpdate", birthYear=1996) == []
    assert await network.value(born_in, who.id) == 1996


@pytest.mark.parametrize(("first", "table"), [("communityJoin", "care.diagnosis"), ("profileUpdate", "care.profile")])
async def test_a_diagnosis_and_a_year_of_birth_at_once_are_compared(
    network: Network, community_id: UUID, first: str, table: str
) -> None:
    who = await born(network, None)
    given: dict[str, dict[str, Any]] = {
        "communityJoin": {"community": f"com_{community_id}", "diagnosedIn": 1995},
        "profileUpdate": {"birthYear": 1996},
    }
    [second] = given.keys() - {first}
    async with network.database.transaction():
        # The first one has checked what there is, and waits here to write. The second must not check before it has.
        await network.database.execute(f"LOCK TABLE {table} IN SHARE MODE")
        waiting = asyncio.create_task(network.refusals(who, first, **given[first]))
        await becomes(lambda: waiters(network.database), lambda found: len(found) == 1)
        other = asyncio.create_task(network.refusals(who, second, **given[second]))
        await becomes(lambda: waiters(network.database), lambda found: len(found) == 2 or other.done())
    path = "input.diagnosedIn" if second == "communityJoin" else "input.birthYear"
    assert (await waiting, await other) == ([], [("INVALID", path)])
    years = "SELECT birth_year, diagnosed_in FROM care.profile LEFT JOIN care.diagnosis USING (member_id)"
    stored = await network.row(f"{years} WHERE member_id = $1", who.id)
    assert tuple(stored.values()) == ((None, 1995) if first == "communityJoin" else (1996, None))


@pytest.mark.parametrize("kind", [MemberKind.RELATIVE, MemberKind.ASSOCIATION])
async def test_only_patients_give_a_year_of_diagnosis(network: Network, community_id: UUID, kind: MemberKind) -> None:
    who = await network.member(kind=kind)
    refused = await network.refused(who, "communityJoin", community=f"com_{community_id}", diagnosedIn=2004)
    assert refused == ("NOT_ELIGIBLE", "input.diagnosedIn")
    assert await network.value("SELECT count(*) FROM care.membership WHERE member_id = $1", who.id) == 0
    assert await join_with_year(network, who, community_id, diagnosedIn=None) is None


async def test_nobody_else_reads_a_year_of_diagnosis(admin: Admin) -> None:
    """Not even relatives and members who may read everything else."""
    patient, other = [(await factories.member(admin, sharing=Sharing.ALL_MEMBERS))["id"] for _ in range(2)]
    mine = await factories.membership(admin, member_id=patient)
    of = {"member_id": patient, "community_id": mine["community_id"]}
    await factories.membership(admin, member_id=other, community_id=mine["community_id"])
    await factories.care_link(admin, patient_id=patient, relative_id=other)
    await factories.diagnosis(admin, **of)
    for viewer, count in ((patient, 1), (other, 0)):
        async with viewing(admin, Audience.PATIENT, viewer):
            assert await admin.fetchval("SELECT count(*) FROM care.diagnosis WHERE member_id = $1", patient) == count
    async with viewing(admin, Audience.PATIENT, other):
        for statement in ("UPDATE care.diagnosis SET diagnosed_in = 2000", "DELETE FROM care.diagnosis"):
            assert (await admin.execute(f"{statement} WHERE member_id = $1", patient)).endswith(" 0")


async def test_a_year_is_given_only_for_a_community_that_the_patient_has_joined(admin: Admin) -> None:
    patient, other = [(await factories.member(admin))["id"] for _ in range(2)]
    community_id, away = [(await factories.community(admin))["id"] for _ in range(2)]
    await factories.membership(admin, member_id=patient, community_id=community_id)
    await factories.membership(admin, member_id=other, community_id=community_id)
    insert = "INSERT INTO care.diagnosis (member_id, community_id, diagnosed_in) VALUES ('{}', '{}', 2004)"
    for whose, where, allowed in ((patient, community_id, True), (patient, away, False), (other, community_id, False)):
        async with viewing(admin, Audience.PATIENT, patient):
            if allowed:
                assert await admin.execute(insert.format(whose, where)) == "INSERT 0 1"
            else:
                with pytest.raises(Exception, match="row-level security"):
                    await admin.execute(insert.format(whose, where))


async def test_leaving_a_community_deletes_the_year_of_diagnosis(network: Network, community_id: UUID) -> None:
    who, other = await born(network, 1980), await born(network, 1980)
    away = (await factories.community(network.database))["id"]
    for member, where in ((who, community_id), (who, away), (other, community_id)):
        await join_with_year(network, member, where, diagnosedIn=2004)
    await network.do(who, "communityLeave", "community { id }", community=f"com_{community_id}")
    left = await network.database.fetch(
        "SELECT member_id, community_id FROM care.diagnosis WHERE member_id = any($1)", [who.id, other.id]
    )
    assert {tuple(row) for row in left} == {(who.id, away), (other.id, community_id)}
    assert await join_with_year(network, who, community_id) is None  # joining again does not bring it back
    await network.database.execute("DELETE FROM care.member WHERE id = $1", who.id)
    assert await network.value("SELECT count(*) FROM care.diagnosis WHERE member_id = $1", who.id) == 0
