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
ONE_EACH = [1] * FREEZING_PARTS


async def merged(admin: asyncpg.Connection, members: int, discussions: int = 0) -> tuple[UUID, UUID]:
    """A community that has merged, with so many members, each with a course, and discussions; and its target."""
    source, target = [(await factories.community(admin))["id"] for _ in range(2)]
    for _ in range(members):
        member = (await factories.member(admin))["id"]
        await factories.membership(admin, member_id=member, community_id=source)
        await factories.course(admin, member_id=member, community_id=source)
    for _ in range(discussions):
        await factories.discussion(admin, community_id=source)
    await admin.execute(
        "UPDATE catalog.community SET status = 'MERGED', merged_into_id = $2 WHERE id = $1", source, target
    )
    return source, target


async def merged_indicator(admin: asyncpg.Connection, members: int) -> tuple[UUID, UUID]:
    """An indicator that has merged, with a value of each of so many members, and its target."""
    source, target = [(await factories.indicator(admin))["id"] for _ in range(2)]
    for _ in range(members):
        await factories.observation(admin, indicator_id=source)
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
    last: UUID | None = None
    for part in range(FREEZING_PARTS // 2):  # then a server is killed
        last = await admin.fetchval("SELECT care.move_members($1, $2, $3, $4)", source, part, last, MOST)
    between = await places(admin, "care.membership", "community_id", both)
    assert min(between) > 0
    assert sum(between) == MEMBERS
    assert await places(admin, "care.course", "community_id", both) == between  # a member and their courses together
    assert await news(admin, survey) == 0

    pieces = await move_members(admin, source, MOST)
    assert sum(pieces) > FREEZING_PARTS
    assert await places(admin, "care.membership", "community_id", both) == [0, MEMBERS]
    assert await places(admin, "care.course", "community_id", both) == [0, MEMBERS]
    assert await places(admin, "care.discussion", "community_id", both) == [0, 5]
    assert await news(admin, survey) == 1
    assert await move_members(admin, source, MOST) == ONE_EACH  # nothing is left
    assert await news(admin, survey) == 1


async def test_an_indicator_moves_in_pieces_and_is_due_until_all_have_moved(admin: asyncpg.Connection) -> None:
    both = source, _ = await merged_indicator(admin, MEMBERS)
    due = "SELECT moves_at IS NOT NULL FROM catalog.indicator WHERE id = $1"
    last: UUID | None = None
    for part in range(FREEZING_PARTS // 2):
        last = await admin.fetchval("SELECT care.move_entry($1, $2, $3, $4)", source, part, last, 2)
    between = await places(admin, "care.observation", "indicator_id", both)
    assert min(between) > 0
    assert await admin.fetchval(due, source)
    assert sum(await move_entry(admin, source, 2)) > FREEZING_PARTS
    assert await places(admin, "care.observation", "indicator_id", both) == [0, MEMBERS]
    assert not await admin.fetchval(due, source)


@pytest.mark.parametrize("members", [0, 1, 3])
@pytest.mark.parametrize(("function", "made"), [("care.move_members", merged), ("care.move_entry", merged_indicator)])
async def test_the_number_of_pieces_does_not_tell_whether_anybody_moved(
    admin: asyncpg.Connection, function: str, made: Any, members: int
) -> None:
    source, _ = await made(admin, members)
    assert await move(admin, function, source) == ONE_EACH


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
            assert await move(admin, function, id) == ONE_EACH
    assert await admin.fetchval("SELECT count(*) FROM care.membership WHERE community_id = $1", community) == 1
