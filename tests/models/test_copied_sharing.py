"""Courses, evaluations and side effects are read as their member's profile, whose `sharing` triggers copy to them."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.identity.members import CareLinkStatus, MemberKind, Sharing
from models.viewers import Audience
from tests import factories
from tests.models.test_scopes import viewing
from tests.support.clusters import clone

Admin = asyncpg.Connection
PATIENT = Audience.PATIENT
COPIES = ("care.course", "care.evaluation", "care.side_effect")
SHARED = ("care.profile", "care.observation", *COPIES)
MEMBERS, CHANGES = 9, 40


class RandomNetwork:
    """Members of a few communities, and random changes to what decides who reads whose diary."""

    def __init__(self, admin: Admin, seed: int) -> None:
        self.admin, self.chance = admin, random.Random(seed)
        self.members: list[UUID] = []
        self.communities: list[UUID] = []

    async def build(self) -> None:
        self.communities = [(await factories.community(self.admin))["id"] for _ in range(4)]
        for sharing in [*Sharing, None] * 2 + [Sharing.MY_COMMUNITIES]:
            kind = self.chance.choice((MemberKind.PATIENT, MemberKind.ASSOCIATION))
            verified = self.chance.random() < 0.5
            member = await factories.member(self.admin, sharing=sharing, kind=kind, verified=verified)
            self.members.append(member["id"])
            await self.write(member["id"])
        for _ in range(MEMBERS):
            await self.change()

    async def write(self, member: UUID) -> None:
        """A row more of each table for a member, of a course for a community of theirs or another."""
        await factories.observation(self.admin, member_id=member)
        place = self.chance.choice([None, *self.communities])
        treatment = (await factories.treatment(self.admin))["id"]
        of = {"member_id": member, "treatment_id": treatment}
        course = (await factories.course(self.admin, community_id=place, **of))["id"]
        evaluation = (await factories.evaluation(self.admin, course_id=course, **of))["id"]
        await factories.side_effect(self.admin, evaluation_id=evaluation, member_id=member)

    async def change(self) -> None:
        """One of the changes that members, moderators and jobs make."""
        chance, run = self.chance, self.admin.execute
        member, other = chance.sample(self.members, 2)
        place = chance.choice(self.communities)
        change = chance.randrange(9)
        if change == 0:
            await self.write(member)
        elif change <= 2:
            sharing = chance.choice(list(Sharing)).value
            await run("UPDATE care.profile SET sharing = $2 WHERE member_id = $1", member, sharing)
        elif change == 3:
            await run("DELETE FROM care.profile WHERE member_id = $1", member)
        elif change == 4:
            sharing = chance.choice(list(Sharing)).value
            await run(
                "INSERT INTO care.profile (member_id, sex, sharing) VALUES ($1, 'UNKNOWN', $2) ON CONFLICT DO NOTHING",
                member, sharing,
            )  # fmt: skip
        elif change <= 6:
            await run(
                "INSERT INTO care.membership (member_id, community_id, joined_on) SELECT $1, $2, '2026-03-02'"
                " WHERE NOT (SELECT leaving FROM care.member WHERE id = $1) ON CONFLICT DO NOTHING",
                member, place,
            )  # fmt: skip
        elif change == 7:
            await run("DELETE FROM care.membership WHERE member_id = $1 AND community_id = $2", member, place)
        elif not await self.admin.fetchval(
            "SELECT count(*) FROM care.care_link WHERE patient_id IN ($1, $2) OR relative_id IN ($1, $2)", member, other
        ):
            status = chance.choice(list(CareLinkStatus))
            await factories.care_link(self.admin, patient_id=member, relative_id=other, status=status)

    async def leave(self, member: UUID) -> None:
        """As the first piece of an erasure does: the member's rows of some tables are still there."""
        await self.admin.execute("UPDATE care.member SET leaving = true WHERE id = $1", member)
        await self.admin.execute("SELECT identity.erase_all_else($1)", member)

    async def readable(self) -> dict[UUID, dict[str, set[str]]]:
        """By the rule of profiles, the rows of each table, by their places, that each member may read."""
        found = await self.admin.fetch("SELECT member_id, sharing FROM care.profile")
        profiles: dict[UUID, str] = {row["member_id"]: row["sharing"] for row in found}
        communities, patients = defaultdict(set), defaultdict(set)
        for member, community in await self.admin.fetch("SELECT member_id, community_id FROM care.membership"):
            communities[member].add(community)
        for patient, relative in await self.admin.fetch(
            "SELECT patient_id, relative_id FROM care.care_link WHERE status = 'ACCEPTED'"
        ):
            patients[relative].add(patient)

        def shares(owner: UUID, viewer: UUID) -> bool:
            if owner == viewer:
                return True
            in_common = bool(communities[owner] & communities[viewer])
            how = profiles.get(owner)
            shared = how == "ALL_MEMBERS" or (how == "MY_COMMUNITIES" and in_common)
            return how is not None and (shared or owner in patients[viewer])

        rows = {table: await self.admin.fetch(f"SELECT ctid::text, member_id FROM {table}") for table in SHARED}
        return {
            viewer: {table: {at for at, owner in found if shares(owner, viewer)} for table, found in rows.items()}
            for viewer in self.members
        }

    async def read(self, viewer: UUID) -> dict[str, set[str]]:
        async with viewing(self.admin, PATIENT, viewer):
            return {
                table: {row[0] for row in await self.admin.fetch(f"SELECT ctid::text FROM {table}")} for table in SHARED
            }

    async def check(self) -> None:
        for viewer, expected in (await self.readable()).items():
            assert await self.read(viewer) == expected


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))])
async def test_what_follows_the_profile_is_read_as_it_is_whatever_changed(admin: Admin, seed: int) -> None:
    network = RandomNetwork(admin, seed)
    await network.build()
    await network.check()
    for _ in range(CHANGES):
        await network.change()
    await network.check()
    await network.leave(network.chance.choice(network.members))
    await network.check()
    stale = [
        f"SELECT '{table}' FROM {table} t LEFT JOIN care.profile p USING (member_id)"
        " WHERE t.profile_sharing IS DISTINCT FROM p.sharing"
        for table in COPIES
    ]
    assert await admin.fetch(" UNION ALL ".join(stale)) == []


@pytest.mark.parametrize("seed", range(2))
async def test_the_view_of_common_memberships_has_only_what_the_policy_of_memberships_admits(
    admin: Admin, seed: int
) -> None:
    network = RandomNetwork(admin, seed)
    await network.build()
    for _ in range(CHANGES):
        await network.change()
    found = 0
    for viewer in network.members:
        async with viewing(admin, PATIENT, viewer):
            rows = await admin.fetch("SELECT * FROM care.common_membership")
            admitted = await admin.fetch(
                "SELECT member_id FROM care.membership WHERE community_id = ANY (care.viewer_communities())"
            )
        assert {tuple(row.keys()) for row in rows} <= {("member_id",)}
        left = [row["member_id"] for row in admitted]
        for row in rows:
            left.remove(row["member_id"])  # at most once for each membership
        found += len(rows)
    assert found > 0
    async with viewing(admin, PATIENT):
        assert await admin.fetch("SELECT * FROM care.common_membership") == []


@pytest.mark.parametrize("audience", [each for each in Audience if each is not PATIENT])
async def test_no_other_role_reads_the_view(admin: Admin, audience: Audience) -> None:
    async with viewing(admin, audience):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await admin.fetch("SELECT * FROM care.common_membership")


@pytest.mark.parametrize("table", COPIES)
async def test_members_do_not_choose_the_copy(admin: Admin, table: str) -> None:
    for statement in (
        f"INSERT INTO {table} (profile_sharing) VALUES ('x')",
        f"UPDATE {table} SET profile_sharing = 'x'",
    ):
        async with viewing(admin, PATIENT):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await admin.execute(statement)


@pytest_asyncio.fixture
async def two(template: str) -> AsyncIterator[tuple[Admin, Admin]]:
    """Yields two connections to a database of their own."""
    async with clone(template) as dsn:
        connections = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
        yield connections
        for connection in connections:
            await connection.close()


@pytest.mark.parametrize("first", ["row", "profile"])
async def test_what_is_written_while_the_profile_changes_has_the_new_value(
    two: tuple[Admin, Admin], first: str
) -> None:
    """Whichever begins, the other waits for it."""
    one, other = two
    member = (await factories.member(one, sharing=Sharing.ALL_MEMBERS))["id"]
    indicator = (await factories.indicator(one))["id"]
    treatment = (await factories.treatment(one))["id"]

    async def write(connection: Admin) -> None:
        of = {"member_id": member, "treatment_id": treatment}
        course = (await factories.course(connection, **of))["id"]
        evaluation = (await factories.evaluation(connection, course_id=course, **of))["id"]
        await factories.side_effect(
            connection, evaluation_id=evaluation, member_id=member, indicator_id=indicator
        )  # fmt: skip

    async def hide(connection: Admin) -> None:
        await connection.execute("UPDATE care.profile SET sharing = 'ONLY_ME' WHERE member_id = $1", member)

    begins, follows = (write, hide) if first == "row" else (hide, write)
    async with one.transaction():
        await begins(one)
        waiting = asyncio.ensure_future(follows(other))
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done
    await waiting
    for table in COPIES:
        found = await one.fetch(f"SELECT profile_sharing FROM {table} WHERE member_id = $1", member)
        assert [row[0] for row in found] == ["ONLY_ME"]
