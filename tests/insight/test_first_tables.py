"""Publishing a frozen dataset: what is counted before it is locked, and what is done while it is."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.insight.datasets import FREEZING_PARTS
from privacy import noise
from privacy.budget import participants_tables, possible_tables
from resolvers.insight import freezing
from resolvers.insight.first_tables import FrozenResult
from tests.faults.test_kill_publishing import unserved_network
from tests.support.network import Network
from tests.support.population import Crowd, crowd
from tests.support.publishable import expect_sound
from tests.support.records import survey_of, undone, wave_of

COUNT = "SELECT variable, counts FROM research.count_frozen($1, $2)"
WITHDRAW = "UPDATE research.consent SET granted = false WHERE member_id = $1 AND purpose = 'SURVEY_RESEARCH'"
TABLES = """
    SELECT v.name, r.noisy FROM insight.release r
    LEFT JOIN insight.variable v ON v.dataset_id = r.dataset_id AND v.position = r.variables[1] WHERE r.dataset_id = $1
"""
Pause = Callable[[int], Awaitable[None]]


@pytest_asyncio.fixture
async def alone(fresh: str) -> AsyncIterator[Network]:
    """Yields a network of the test's own that no server serves, whose scheduled work would freeze as well."""
    async with unserved_network(fresh) as network:
        yield network


@pytest.fixture
def no_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "draw", lambda counts, *_: list(counts))


async def begun(network: Network, people: Crowd) -> UUID:
    async with network.database.transaction():
        dataset = await freezing.begin_survey(network.database, people.survey)
    assert dataset is not None
    return dataset


def before_locking(work: Callable[[], Awaitable[Any]]) -> Pause:
    """A pause in which `work` is done once all is counted and nothing is locked: the second that all parts end with."""
    paused = 0

    async def pause(parts: int) -> None:
        nonlocal paused
        paused += parts == FREEZING_PARTS
        if parts == FREEZING_PARTS and paused == 2:
            await work()

    return pause


@pytest.mark.parametrize("make", [pytest.param(wave_of, marks=pytest.mark.slow), survey_of])
async def test_records_that_are_read_once_are_counted_as_those_of_one_table(
    admin: asyncpg.Connection, make: Any
) -> None:
    made = await make(admin, random.Random(7), 24)
    positions = range(1, len(made.variables) + 1)
    cubes = [(), *((each.name,) for each in made.variables)]
    expected = dict(zip((0, *positions), await made.counts(*cubes), strict=True))
    assert any(each.max_per_member > 1 for each in made.variables)
    rows = await admin.fetch(COUNT, made.id, list(positions))
    assert {row["variable"]: row["counts"] for row in rows} == expected
    rows = await admin.fetch(COUNT, made.id, [2])
    assert {row["variable"]: row["counts"] for row in rows} == {0: expected[0], 2: expected[2]}
    for member in await made.enrolled():  # the size and each table change by what this member adds
        async with undone(admin):
            await admin.execute("DELETE FROM care.member WHERE id = $1", member)
            rows = await admin.fetch(COUNT, made.id, list(positions))
            assert {row["variable"]: row["counts"] for row in rows} == dict(
                zip((0, *positions), await made.counts(*cubes), strict=True)
            )


async def test_nothing_is_counted_of_what_is_frozen_in_part_or_was_published(alone: Network) -> None:
    people = await crowd(alone.database, [{"q": "AB"[n % 2]} for n in range(250)])
    dataset = await begun(alone, people)
    assert await alone.database.fetch(COUNT, dataset, [1]) == []
    made = await freezing.finish(alone.database, dataset)
    assert made is not None
    assert made.open
    assert await alone.database.fetch(COUNT, dataset, [1]) == []
    assert await freezing.finish(alone.database, dataset) is None


@pytest.mark.usefixtures("no_noise")
async def test_whoever_leaves_after_counting_waits_for_nothing_and_is_not_counted(alone: Network, fresh: str) -> None:
    people = await crowd(alone.database, [{"q": "ABC"[n % 3], "r": "A" if n < 10 else "B"} for n in range(300)])
    dataset, other = await begun(alone, people), await asyncpg.connect(fresh)

    async def leave() -> None:
        await other.execute("SET lock_timeout = '1s'")
        await other.execute(WITHDRAW, people.members[0])
        await other.execute("DELETE FROM care.member WHERE id = $1", people.members[1])

    made = await freezing.finish(alone.database, dataset, pause=before_locking(leave))
    await other.close()
    assert made == FrozenResult(dataset, open=True)
    published = {row["name"]: row["noisy"] for row in await alone.database.fetch(TABLES, dataset)}
    assert published[None] == [298, 298]
    assert published["q"][:3] == [99, 99, 100]
    assert published["r"][:2] == [8, 290]
    await expect_sound(alone, f"dst_{dataset}")


async def nobody() -> None:
    pass


@pytest.mark.parametrize("leaves", [pytest.param(False, marks=pytest.mark.slow), True])
async def test_what_is_done_under_the_lock_depends_on_neither_tables_nor_members(alone: Network, leaves: bool) -> None:
    numbers: list[tuple[int, int]] = []  # of tables, and of statements
    for questions, members, cap in ((2, 400, 50_000), (12, 800, 200_000)):
        answers = [{f"q{nth}": "ABCD"[(n + nth) % 4] for nth in range(questions)} for n in range(members)]
        people = await crowd(alone.database, answers, cap_micro_rho=cap)
        dataset, statements = await begun(alone, people), list[str]()

        async def one(first: UUID = people.members[0]) -> None:
            await alone.database.execute(WITHDRAW, first)

        def note(record: Any, statements: list[str] = statements) -> None:
            if not any(own in record.query for own in ("typeinfo", "jit")):  # asyncpg's own, once for each type
                statements.append(record.query)

        with alone.database.query_logger(note):
            made = await freezing.finish(alone.database, dataset, pause=before_locking(one if leaves else nobody))
        assert made == FrozenResult(dataset, open=True)
        locked = next(place for place, query in enumerate(statements) if "open_frozen" in query)
        before, held = statements[:locked], statements[locked:]
        assert sum("count_frozen" in query for query in before) == 1
        assert sum("count_frozen" in query for query in held) == leaves
        assert sum("histogram" in query for query in held) == 1  # the number of records, by which it is checked
        tables = "SELECT count(*) FROM insight.insight WHERE dataset_id = $1"
        numbers.append((await alone.value(tables, dataset), len(held)))
    (few, quickly), (many, slowly) = numbers
    assert few < many
    assert quickly == slowly < 25


async def test_tables_that_may_be_chosen_include_those_that_are(admin: asyncpg.Connection) -> None:
    made = await wave_of(admin, random.Random(8), 3)
    for cap in (50_000, 100_000, 200_000):
        possible = possible_tables(made.variables, cap)
        for size in (200, 224, 225, 1_000, 4_999, 5_000, 1_000_000):
            assert set(participants_tables(made.variables, size, cap)) <= set(possible)
