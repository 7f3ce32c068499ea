"""Members of merged communities, and their rows of merged entries, move in pieces that can be interrupted."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from models.insight.datasets import FREEZING_PARTS
from resolvers import jobs
from tests import factories
from tests.support.moving import move, move_entry, move_members

MEMBERS = 60
MOST = 10


def ids(members: int, part: str = "") -> list[UUID]:
    """So many new ids that begin with `part`."""
    return [UUID((part + uuid4().hex)[:32]) for _ in range(members)]


async def merged(
    admin: asyncpg.Connection, members: int, discussions: int = 0, part: str = "", published: int = 0
) -> tuple[UUID, UUID]:
    """A community that has merged, with so many members, each with a course, and discussions; and its target."""
    source, target = [(await factories.community(admin, member_count=published))["id"] for _ in range(2)]
    for id in ids(members, part):
        member = (await factories.member(admin, id=id))["id"]
        await factories.membership(admin, member_id=member, community_id=source)
        await factories.course(admin, member_id=member, community_id=source)
    for _ in range(discussions):
        await factories.discussion(admin, community_id=source)
    await admin.execute(
        "UPDATE catalog.community SET status = 'MERGED', merged_into_id = $2, moves_at = catalog.clock() WHERE id = $1",
        source, target,
    )  # fmt: skip
    return source, target


async def merged_treatment(
    admin: asyncpg.Connection, members: int, part: str = "", published: int = 0
) -> tuple[UUID, UUID]:
    """A treatment that has merged, with a course of each of so many members, and its target, which is listed."""
    source, target = [(await factories.treatment(admin))["id"] for _ in range(2)]
    listing = (await factories.community(admin, member_count=published))["id"]
    await factories.community_treatment(admin, community_id=listing, treatment_id=target)
    for id in ids(members, part):
        member = (await factories.member(admin, id=id))["id"]
        await factories.course(admin, member_id=member, treatment_id=source)
    await admin.execute(
        "UPDATE catalog.treatment SET merged_into_id = $2, retired_on = catalog.today(), moves_at = catalog.clock()"
        " WHERE id = $1", source, target,
    )  # fmt: skip
    return source, target


async def merged_indicator(
    admin: asyncpg.Connection, members: int, part: str = "", published: int = 0
) -> tuple[UUID, UUID]:
    """An indicator that has merged, with a value of each of so many members, and its target, which is listed."""
    source, target = [(await factories.indicator(admin))["id"] for _ in range(2)]
    listing = (await factories.community(admin, member_count=published))["id"]
    await factories.community_indicator(admin, community_id=listing, indicator_id=target)
    for id in ids(members, part):
        member = (await factories.member(admin, id=id))["id"]
        await factories.observation(admin, member_id=member, indicator_id=source)
    await admin.execute(
        "UPDATE catalog.indicator SET merged_into_id = $2, retired_on = catalog.today(), moves_at = catalog.clock()"
        " WHERE id = $1", source, target,
    )  # fmt: skip
    return source, target


async def places(admin: asyncpg.Connection, table: str, column: str, of: tuple[UUID, UUID]) -> list[int]:
    """How many rows are of the source, and how many of the target."""
    found = Counter(row[0] for row in await admin.fetch(f"SELECT {column} FROM {table} WHERE {column} = any($1)", of))
    return [found[id] for id in of]


async def news(admin: asyncpg.Connection, survey: UUID) -> int:
    queued: int = await admin.fetchval("SELECT count(*) FROM identity.outbox_entry WHERE subject_id = $1", survey)
    return queued


async def test_a_community_moves_in_pieces_and_its_members_are_invited_once_all_have_moved(
    admin: asyncpg.Connection,
) -> None:
    both = source, target = await merged(admin, MEMBERS, discussions=5)
    closes = await admin.fetchval("SELECT catalog.today()")
    survey = (await factories.survey(admin, community_id=target, status="OPEN", closes_on=closes))["id"]
    for part in range(FREEZING_PARTS // 2):  # then a server is killed
        await admin.fetchval("SELECT care.move_members($1, $2, NULL, $3)", source, part, MOST)
    between = await places(admin, "care.membership", "community_id", both)
    assert min(between) > 0
    assert sum(between) == MEMBERS
    assert await places(admin, "care.course", "community_id", both) == between  # a member and their courses together
    assert await news(admin, survey) == 0

    await move_members(admin, source)
    assert await places(admin, "care.membership", "community_id", both) == [0, MEMBERS]
    assert await places(admin, "care.course", "community_id", both) == [0, MEMBERS]
    assert await places(admin, "care.discussion", "community_id", both) == [0, 5]
    assert await news(admin, survey) == 1
    await move_members(admin, source)  # nothing is left
    assert await news(admin, survey) == 1


async def test_an_indicator_moves_in_pieces_and_is_due_until_all_have_moved(admin: asyncpg.Connection) -> None:
    both = source, _ = await merged_indicator(admin, MEMBERS)
    due = "SELECT moves_at IS NOT NULL FROM catalog.indicator WHERE id = $1"
    for part in range(FREEZING_PARTS // 2):
        await admin.fetchval("SELECT care.move_entry($1, $2, NULL, $3)", source, part, MOST)
    between = await places(admin, "care.observation", "indicator_id", both)
    assert min(between) > 0
    assert await admin.fetchval(due, source)
    await move_entry(admin, source)
    assert await places(admin, "care.observation", "indicator_id", both) == [0, MEMBERS]
    assert not await admin.fetchval(due, source)


@pytest.mark.parametrize("published", [0, 3 * FREEZING_PARTS * MOST])
@pytest.mark.parametrize(
    ("function", "made", "table", "column"),
    [
        ("care.move_members", merged, "care.membership", "community_id"),
        ("care.move_entry", merged_treatment, "care.course", "treatment_id"),
        pytest.param("care.move_entry", merged_indicator, "care.observation", "indicator_id", marks=pytest.mark.slow),
    ],
)
async def test_the_pieces_are_the_same_however_many_members_a_part_has(
    admin: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    made: Any,
    table: str,
    column: str,
    published: int,
) -> None:
    """Who fills a part with accomplices, up to the most of a piece, does not learn whether somebody else is in it."""
    monkeypatch.setattr(jobs, "MOVED_AT_ONCE", MOST)
    pieces = 1 + published // (FREEZING_PARTS * MOST)
    for members in (0, MOST - 1, MOST, MOST + 1, 5 * MOST):
        both = source, _ = await made(admin, members, part="3", published=published)
        late = await made(admin, 1, part="e", published=published)
        for id, moved in ((source, members), (late[0], 1)):
            begun: list[list[int]] = []

            @asynccontextmanager
            async def begin(
                connection: asyncpg.Connection,
                begun: list[list[int]] = begun,
                ids: tuple[UUID, UUID] = both if id == source else late,
            ) -> AsyncIterator[None]:
                async with connection.transaction():
                    yield
                begun.append(await places(connection, table, column, ids))

            monkeypatch.setattr(jobs, "begun", begin)
            await move(admin, function, id)
            assert len(begun) == FREEZING_PARTS * pieces
            assert begun[-1] == [0, moved]
        # Whoever is in a later part is seen there at the same piece.
        assert [here for here, _ in begun].index(0) == 14 * pieces


async def test_those_who_can_answer_are_invited_with_the_last_piece_wherever_members_are(
    admin: asyncpg.Connection,
) -> None:
    for part in ("0", "f"):
        source, target = await merged(admin, 1, part=part)
        closes = await admin.fetchval("SELECT catalog.today()")
        survey = (await factories.survey(admin, community_id=target, status="OPEN", closes_on=closes))["id"]
        for number in range(FREEZING_PARTS - 1):
            await admin.fetchval("SELECT care.move_members($1, $2, NULL, NULL)", source, number)
            assert await news(admin, survey) == 0
        # A server that is killed here does not forget it.
        assert await admin.fetchval("SELECT $1 IN (SELECT catalog.communities_to_move())", source)
        await admin.fetchval("SELECT care.move_members($1, 15, NULL, NULL)", source)
        assert await news(admin, survey) == 1
        assert not await admin.fetchval("SELECT $1 IN (SELECT catalog.communities_to_move())", source)


async def test_each_piece_is_a_transaction_that_takes_its_time_before_it_commits(
    admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = await merged(admin, 1)
    did: list[Any] = []

    async def wait_out(seconds: float, began: float) -> None:
        did.append(seconds)

    @asynccontextmanager
    async def begin(connection: asyncpg.Connection) -> AsyncIterator[None]:
        did.append("begin")
        async with connection.transaction():
            yield
        did.append("commit")

    monkeypatch.setattr("resolvers.pacing.wait_out", wait_out)
    monkeypatch.setattr(jobs, "begun", begin)
    await jobs.move_members(admin)
    assert len(did) >= 3 * FREEZING_PARTS
    assert did == ["begin", jobs.MOVING_SECONDS, "commit"] * (len(did) // 3)
    assert await places(admin, "care.membership", "community_id", both) == [0, 1]


async def test_nothing_moves_that_has_not_merged(admin: asyncpg.Connection) -> None:
    community = (await factories.community(admin))["id"]
    await factories.membership(admin, community_id=community)
    for function in ("care.move_members", "care.move_entry"):
        for id in (community, uuid4()):
            await move(admin, function, id)
    assert await admin.fetchval("SELECT count(*) FROM care.membership WHERE community_id = $1", community) == 1
