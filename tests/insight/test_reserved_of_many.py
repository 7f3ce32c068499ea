"""What one statement reserves, counts and enrols of many members is what was found for each of them before."""

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.migrations import run
from privacy.budget import CAP, LARGEST_CAP, LEAST_CAP
from resolvers.insight.counts import NOBODY
from tests import factories
from tests.support.clock import set_clock
from tests.support.records import KINDS

# The functions that asked for each member by themselves, in the migrations that made them.
FEW = 7
BEFORE = {
    "reserved_by_datasets": "r0067_pieces",
    "reserved_by_counts": "r0062_network_counts",
    "include_members": "r0020_public_counts",
    "include_in_network": "r0062_network_counts",
    "enrol": "r0112_end_in_pieces",
}
NOW = datetime(2031, 5, 17, 12, tzinfo=UTC)
STATE = {
    "communities": "SELECT member_id, community_id, count(*), bool_or(left_at IS NULL) FROM research.counted_membership"
    " GROUP BY member_id, community_id",
    "network": "SELECT member_id FROM research.counted_member",
    "datasets": "SELECT dataset_id, member_id, purpose, reserved_micro_rho, enrolled_at, demonstration"
    " FROM research.enrolment",
}


def as_before(name: str) -> str:
    """The function as it was, under another name."""
    text = (Path(run.__file__).parent / "versions" / f"{BEFORE[name]}.sql").read_text(encoding="utf-8")
    found = re.search(rf"CREATE OR REPLACE FUNCTION research\.{name}\(.*?\$function\$;", text, re.DOTALL)
    assert found is not None
    return re.sub(rf"(?<!cohorte\.)\b({'|'.join(BEFORE)})\b", r"\1_before", found[0])


class Crowd:
    """Members with random memberships, consents and reservations, of communities with random datasets."""

    def __init__(self, admin: asyncpg.Connection, seed: int) -> None:
        self.admin, self.chance = admin, random.Random(seed)
        self.members: list[UUID] = []
        self.communities: list[UUID] = []
        self.datasets: list[UUID] = []

    def day(self, *days: int) -> Any:
        return (NOW - timedelta(days=self.chance.choice(days))).date()

    async def fill(self) -> None:
        chance, admin = self.chance, self.admin
        self.communities = [(await factories.community(admin))["id"] for _ in range(8)]
        self.members = [
            (await factories.member(admin, kind=kind))["id"] for kind in ["PATIENT"] * 35 + ["RELATIVE"] * 5
        ]
        for _ in range(14):
            await self.dataset()
        for member in self.members:
            for community in chance.sample(self.communities, chance.choice([0, 1, 2, 6, 7, 8])):
                joined = self.day(10, 10, 300, 400)  # on the same day as others, too
                await factories.membership(admin, member_id=member, community_id=community, joined_on=joined)
            for community in chance.sample(self.communities, chance.choice([0, 0, 1, 4, 5])):
                left = chance.choice([None, NOW - timedelta(days=364), NOW - timedelta(days=366)])
                about = {"member_id": member, "community_id": community, "left_at": left}
                await factories.counted_membership(admin, **about)
            if chance.random() < 0.3:
                await factories.counted_member(admin, member_id=member)
            for dataset in chance.sample(self.datasets, chance.choice([0, 1, 2, 3, 5])):
                reserved = chance.choice([LEAST_CAP, 200_000, CAP, 500_000 - 33_096, 500_000 - 636, 500_000])
                about = {"dataset_id": dataset, "member_id": member}
                await factories.enrolment(admin, **about, reserved_micro_rho=reserved)
            await self.consent(member)

    async def dataset(self) -> None:
        chance = self.chance
        status = chance.choice(["FREEZING", "OPEN", "OPEN", "ENDED", "TOO_SMALL"])
        made = await factories.dataset(
            self.admin,
            status=status,
            progress=50 if status == "FREEZING" else 100,
            frozen_on=self.day(1, 364, 365, 366, 730),
        )
        self.datasets.append(made["id"])
        for _ in range(chance.choice([0, 1, 3])):
            at = NOW - timedelta(days=chance.choice([0, 364, 365, 366]))
            about = {"dataset_id": made["id"], "micro_rho": chance.choice([754, 90_000, 240_000]), "published_at": at}
            release = await factories.release(self.admin, **about)
            await factories.ledger_entry(self.admin, release_id=release["id"])

    async def consent(self, member: UUID) -> None:
        """A consent to tracking, which may have been taken back, and given again."""
        granted = self.chance.random() < 0.85
        recipients = KINDS if self.chance.random() < 0.85 else KINDS[:1]
        about = {"member_id": member, "purpose": "TRACKING_RESEARCH"}
        await factories.consent(self.admin, **about, granted=granted, recipients=recipients, changed_at=NOW)
        for days in self.chance.choice([[], [800], [800, 400, 200], [800, 400, 0]]):
            at = NOW - timedelta(days=days)
            await factories.consent_change(
                self.admin, **about, granted=days != 400, recipients=recipients, changed_at=at
            )

    async def leave(self, community: UUID, members: list[UUID]) -> None:
        """Members leave a community now, by the test's clock, and may be counted again in the same transaction."""
        left = "UPDATE research.counted_membership SET left_at = catalog.clock() WHERE left_at IS NULL"
        await self.admin.execute(f"{left} AND community_id = $1 AND member_id = ANY ($2)", community, members)
        gone = "DELETE FROM care.membership WHERE community_id = $1 AND member_id = ANY ($2)"
        await self.admin.execute(gone, community, members)
        before = "UPDATE research.counted_membership SET counted_since = counted_since - interval '1 day'"
        await self.admin.execute(before)

    async def lives(self, suffix: str) -> list[dict[str, set[tuple[Any, ...]]]]:
        """What is counted and enrolled after each step, by the functions with this suffix. Leaves nothing behind.

        Those of now include a few members at a time.
        """
        chance, admin, found = random.Random(7), self.admin, []

        async def step(statement: str, *values: Any) -> None:
            await admin.execute(statement, *values)
            found.append({name: {tuple(row) for row in await admin.fetch(query)} for name, query in STATE.items()})

        async def include(name: str, *given: UUID) -> None:
            places = ", ".join(f"${place}" for place in range(1, len(given) + 1))
            after = None if suffix else NOBODY
            while after is not None:
                named = f"SELECT research.{name}({places}{', ' * bool(given)}after => '{after}', most => {FEW})"
                after = await admin.fetchval(named, *given)
            await step(f"SELECT research.{name}{suffix}({places})", *given)

        transaction = admin.transaction()
        await transaction.start()
        for round in range(3):
            for community in chance.sample(self.communities, 5):
                await include("include_members", community)
            for community in self.communities[round * 2 : round * 2 + 2]:
                day, cap = (NOW + timedelta(days=200 * round)).date(), chance.choice([LEAST_CAP, CAP, LARGEST_CAP])
                id = UUID(int=chance.getrandbits(128))
                await factories.dataset(admin, id=id, community_id=community, frozen_on=day, cap_micro_rho=cap)
                await step(f"SELECT research.enrol{suffix}($1)", id)
            await include("include_in_network")
            await self.leave(self.communities[0], chance.sample(self.members, 10))
            await set_clock(admin, NOW + timedelta(days=200 * (round + 1)))
        await transaction.rollback()
        return found


@pytest.fixture(params=[1, 2, pytest.param(3, marks=pytest.mark.slow)])
async def crowd(admin: asyncpg.Connection, request: pytest.FixtureRequest) -> Crowd:
    """Yields the crowd of a seed, and has planted the functions as they were."""
    for name in BEFORE:
        await admin.execute(as_before(name))
    await set_clock(admin, NOW)
    crowd = Crowd(admin, request.param)
    await crowd.fill()
    return crowd


async def test_what_is_reserved_of_many_is_what_is_reserved_of_each(admin: asyncpg.Connection, crowd: Crowd) -> None:
    each = """
        SELECT m, research.reserved_by_datasets_before(m, $2), research.reserved_by_counts_before(m, $2)
        FROM unnest($1::uuid[]) m
    """
    for days in (0, 1, 200, 400):
        of = (crowd.members, (NOW + timedelta(days=days)).date())
        many = {tuple(row) for row in await admin.fetch("SELECT * FROM research.reserved($1, $2)", *of)}
        assert many == {tuple(row) for row in await admin.fetch(each, *of)}
        assert len(many) == len(crowd.members)
        assert days == 400 or min(len({row[place] for row in many}) for place in (1, 2)) > 3


async def test_the_same_members_are_counted_and_enrolled(crowd: Crowd) -> None:
    now, before = await crowd.lives(""), await crowd.lives("_before")
    assert now == before
    ours = set(crowd.members)
    of_network = [len(ours & {member for (member,) in state["network"]}) for state in now]
    assert 0 < of_network[0] < of_network[len(now) // 3 - 1] < len(ours)  # some have no room in the first year
    for kind in ("communities", "datasets"):
        assert len({len(state[kind]) for state in now}) > 5
