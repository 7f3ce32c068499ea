"""The attack of a buyer who opens an account as a patient and reads whatever members share, over HTTP."""

import re
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from models.identity.members import Sharing
from planner.declared import PAGE_LIMIT, PAGE_SIZE
from settings import Settings
from tests import factories
from tests.support.client import UNLIMITED, Ask, Caller, serving
from tests.support.newcomers import Mailbox, join
from tests.support.waves import variable, wave

pytestmark = pytest.mark.slow

COMMUNITIES, MEMBERS = 6, 30  # of each community
SHARINGS = [Sharing.ALL_MEMBERS, Sharing.MY_COMMUNITIES, Sharing.ONLY_ME]  # in turns
LIMITS = {name: Settings.model_fields[name].default for name in UNLIMITED}
# The rights of members as they were: everybody reads every insight, and who belongs to which community.
OLD = "; ".join(
    [
        *(
            f"ALTER POLICY patient_reads ON {table} USING (true)"
            for table in ("care.membership", "insight.release", "insight.insight", "insight.cell", "insight.statistic")
        ),
        "UPDATE care.membership SET sharing = 'ALL_MEMBERS'",  # by which lists find them
    ]
)
INSIGHTS = """query ($id: ID!) { node(id: $id) { ... on Community {
    insights { nodes { id cells { count } } }
} } }"""
# Of each page, the members and the cursors, which contain their ids.
LIST = """query ($id: ID!, $first: Int, $after: Cursor) { node(id: $id) { ... on Community {
    members(first: $first, after: $after) { %s pageInfo { hasNextPage endCursor } }
} } }"""
PROFILES = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Member {
    id pseudonym communities { slug } ageBand sex courses { treatment { name } dose }
} } }"""
EVALUATIONS = """query ($slug: String!, $first: Int) { treatment(slug: $slug) { evaluations(first: $first) { nodes {
    satisfaction member { id }
} } } }"""


@dataclass
class Harvest:
    """What one account has read."""

    diagnoses: set[str] = field(default_factory=set)  # members with a community that a list or a profile shows
    profiles: set[str] = field(default_factory=set)  # members of whom more than pseudonym and kind was returned
    insights: set[str] = field(default_factory=set)
    joined: int = 0


@dataclass
class Target:
    """A network with something to harvest."""

    dsn: str
    owner: asyncpg.Connection
    mailbox: Mailbox
    communities: list[str]
    treatment: str
    hidden: set[str]  # members who share with nobody

    async def attack(self, **settings: Any) -> Harvest:
        async with serving(self.dsn, data=self.mailbox.folder.parent, **settings) as ask:
            return await self.harvest(ask, await join(ask, self.mailbox, "Harvester"))

    async def harvest(self, ask: Ask, who: Caller) -> Harvest:
        """Joins what can be joined, lists whom can be listed, and reads them in requests of every size."""
        got = Harvest()
        joining = "mutation ($c: ID!) { communityJoin(input: {community: $c}) { membership { id } } }"
        for community in self.communities:
            payload = (await ask(who, joining, {"c": community}))["data"]["communityJoin"]
            got.joined += payload["membership"] is not None
        for community in self.communities:
            found = (await ask(who, INSIGHTS, {"id": community}))["data"]["node"]
            got.insights |= {one["id"] for one in found["insights"]["nodes"]}
            for size in (PAGE_LIMIT, PAGE_SIZE, 7, 1):
                for shown in ("nodes { id pseudonym }", "edges { cursor }", ""):
                    got.diagnoses |= await listed(ask, who, community, size, shown)
        names = sorted(got.diagnoses)
        for size in (PAGE_LIMIT, PAGE_SIZE, 7, 1, PAGE_SIZE, 1):
            for part in parts([id for id in names if id not in got.profiles], size):
                for member in (await ask(who, PROFILES, {"ids": part})).get("data", {}).get("nodes", []):
                    got.profiles.add(member["id"])
                    if member["communities"]:
                        got.diagnoses.add(member["id"])
            page = await ask(who, EVALUATIONS, {"slug": self.treatment, "first": size})
            if "data" in page:
                got.profiles |= {one["member"]["id"] for one in page["data"]["treatment"]["evaluations"]["nodes"]}
        return got


async def listed(ask: Ask, who: Caller, community: str, size: int, shown: str) -> set[str]:
    """The members of a community on as many of its pages as are answered."""
    found, after, more = set[str](), None, True
    while more:
        answer = await ask(who, LIST % shown, {"id": community, "first": size, "after": after})
        if "data" not in answer:
            break
        page = answer["data"]["node"]["members"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        cursors = [after, *(edge["cursor"] for edge in page.get("edges", []))]
        found |= {id for cursor in cursors if cursor is not None for id in ids_in(cursor)}
        found |= {one["id"] for one in page.get("nodes", [])}
    return found


def ids_in(cursor: str) -> list[str]:
    """The ids of members in a cursor, which were in those of old."""
    return [f"mbr_{id}" for id in re.findall("[0-9a-f-]{36}", b64decode(cursor, b"-_").decode("latin-1"))]


@pytest_asyncio.fixture
async def target(fresh: str, owner: asyncpg.Connection, mailbox: Mailbox) -> AsyncIterator[Target]:
    treatment = await factories.treatment(owner)
    hidden, communities = set(), []
    for _ in range(COMMUNITIES):
        community = await factories.community(owner)
        communities.append(f"com_{community['id']}")
        for number in range(MEMBERS):
            sharing = SHARINGS[number % len(SHARINGS)]
            member = (await factories.member(owner, sharing=sharing))["id"]
            await factories.membership(owner, member_id=member, community_id=community["id"])
            of = {"member_id": member, "treatment_id": treatment["id"]}
            course = await factories.course(owner, **of, dose="20 mg")
            await factories.evaluation(owner, **of, course_id=course["id"])
            if sharing is Sharing.ONLY_ME:
                hidden.add(f"mbr_{member}")
        frozen = await wave(owner, variable("sleep", "LITTLE", "MUCH"), community_id=community["id"])
        await frozen.publish(("sleep",), [400, 300, 50])
    yield Target(fresh, owner, mailbox, communities, treatment["slug"], hidden)


def parts(ids: list[str], size: int) -> Iterator[list[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


async def test_the_attack_reads_everybody_where_nothing_is_limited(target: Target) -> None:
    await target.owner.execute(OLD)
    got = await target.attack(**UNLIMITED)
    assert got.joined == COMMUNITIES
    assert len(got.profiles) >= COMMUNITIES * MEMBERS
    assert len(got.diagnoses) >= COMMUNITIES * MEMBERS
    assert got.diagnoses > target.hidden
    assert len(got.insights) == COMMUNITIES


async def test_the_attack_stays_at_the_budget(target: Target) -> None:
    got = await target.attack(**LIMITS)
    assert got.joined == LIMITS["joins_a_day"]
    assert len(got.insights) == LIMITS["joins_a_day"]
    assert not got.diagnoses & target.hidden
    # Less than a page more than the budget, whatever the sizes of the requests are: with those of whom it is known that
    # they belong to communities that the account could not join.
    joined = [community[4:] for community in target.communities[: got.joined]]
    inside = await target.owner.fetch(
        "SELECT DISTINCT member_id FROM care.membership WHERE community_id = ANY ($1::uuid[])", joined
    )
    read = got.profiles | got.diagnoses - {f"mbr_{row['member_id']}" for row in inside}
    assert LIMITS["members_read_at_first"] <= len(read) < LIMITS["members_read_at_first"] + PAGE_SIZE
    async with serving(target.dsn, data=target.mailbox.folder.parent, **LIMITS) as ask:
        who = await join(ask, target.mailbox, "Other")
        await target.harvest(ask, who)
    readers = await target.owner.fetch("SELECT cardinality(seen) AS seen FROM identity.reading")
    assert len(readers) == 2
    for row in readers:  # another account has its own
        assert LIMITS["members_read_at_first"] <= row["seen"] < LIMITS["members_read_at_first"] + PAGE_SIZE
    assert await target.owner.fetchval("SELECT count(*) FROM care.reading_alert") == 2
