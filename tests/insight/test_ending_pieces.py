"""Datasets end at once, and their records are deleted in pieces, whatever interrupts that."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.logins import role_dsn
from models.viewers import Audience
from resolvers import jobs
from resolvers.insight import freezing
from tests import factories
from tests.faults.test_kill_publishing import unserved_network
from tests.support.eventually import becomes
from tests.support.network import Network
from tests.support.population import Crowd, crowd

MEMBERS, CAP = 300, 200_000
EVERYBODY = [{"q": "ABC"[n % 3]} for n in range(MEMBERS)]
RECORDS = "SELECT count(*) FROM research.record WHERE dataset_id = $1"
RESERVED = "SELECT count(*) FROM research.enrolment WHERE dataset_id = $1 AND reserved_micro_rho = $2"
FORGETS = "SELECT insight.forget_records($1)"
ENDS = "SELECT research.end_dataset($1, 'ENDED')"


@pytest_asyncio.fixture
async def alone(fresh: str) -> AsyncIterator[Network]:
    """Yields a network of the test's own that no server serves, whose scheduled work would delete records as well."""
    async with unserved_network(fresh) as network:
        yield network


@pytest_asyncio.fixture
async def people(alone: Network) -> Crowd:
    return await crowd(alone.database, EVERYBODY)


@pytest_asyncio.fixture
async def dataset(alone: Network, people: Crowd) -> UUID:
    """Yields the id of a dataset that is open, from which its size and members' own tables were published."""
    made = await freezing.freeze_survey(alone.database, people.survey)
    assert made is not None
    assert made.open
    return made.dataset


async def spent(alone: Network, dataset: UUID) -> int:
    return int(await alone.value("SELECT spent_micro_rho FROM insight.dataset WHERE id = $1", dataset))


async def test_what_has_ended_is_counted_and_exported_no_more_while_its_records_go_in_pieces(
    alone: Network, people: Crowd, dataset: UUID
) -> None:
    database, member = alone.database, people.members[0]
    exported = "SELECT count(*) FROM research.own_records()"
    await database.execute("SELECT set_config('cohorte.member', $1, false)", str(member))
    assert await alone.value(exported) > 0
    await database.execute(ENDS, dataset)
    charged = await spent(alone, dataset)
    assert 0 < charged < CAP
    assert await alone.value("SELECT status FROM insight.dataset WHERE id = $1", dataset) == "ENDED"
    assert (await alone.value(RECORDS, dataset), await alone.value(exported)) == (MEMBERS, 0)
    with pytest.raises(asyncpg.CheckViolationError, match="no such cube"):
        await database.execute("SELECT research.histogram($1, '{}')", dataset)
    left = MEMBERS
    for deleted in (70, 70, 70, 70, 20, 0):
        assert await alone.value(FORGETS, 70) == deleted
        left -= deleted
        assert (await alone.value(RECORDS, dataset), await alone.value(RESERVED, dataset, CAP)) == (left, left)
        assert await alone.value(RESERVED, dataset, charged) == MEMBERS - left


async def test_a_job_that_is_killed_between_and_within_pieces_goes_on(
    alone: Network, fresh: str, dataset: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await alone.database.execute(ENDS, dataset)
    killed = await asyncpg.connect(fresh)
    assert await killed.fetchval(FORGETS, 100) == 100
    await killed.execute("BEGIN")
    assert await killed.fetchval(FORGETS, 100) == 100
    killed.terminate()
    held = "SELECT count(*) FROM pg_locks WHERE relation = 'research.record'::regclass AND mode = 'RowExclusiveLock'"

    async def is_undone() -> bool:
        return bool(await alone.value(held) == 0)

    await becomes(is_undone)
    assert await alone.value(RECORDS, dataset) == await alone.value(RESERVED, dataset, CAP) == MEMBERS - 100
    monkeypatch.setattr(jobs, "DELETED_AT_ONCE", 60)
    other = await asyncpg.connect(role_dsn(fresh, Audience.MANAGER))  # as scheduled work does
    await jobs.forget_records(other)
    await other.close()
    assert await alone.value(RECORDS, dataset) == await alone.value(RESERVED, dataset, CAP) == 0


async def test_whoever_is_being_erased_is_not_waited_for(
    alone: Network, fresh: str, people: Crowd, dataset: UUID
) -> None:
    await alone.database.execute(ENDS, dataset)
    other = await asyncpg.connect(fresh)
    leaving = other.transaction()
    await leaving.start()
    await other.execute("DELETE FROM care.member WHERE id = $1", people.members[0])
    await alone.database.execute("SET lock_timeout = '1ms'")
    assert await alone.value(FORGETS, 1_000) == MEMBERS - 1
    await leaving.rollback()  # as of a process that was killed
    assert await alone.value(FORGETS, 1_000) == 1
    await other.close()


async def test_who_has_withdrawn_has_nothing_more_reserved_than_what_was_spent(
    alone: Network, people: Crowd, dataset: UUID
) -> None:
    withdraw = "UPDATE research.consent SET granted = false WHERE member_id = any($1) AND purpose = 'SURVEY_RESEARCH'"
    await alone.database.execute(withdraw, people.members[:3])
    assert await alone.value(RECORDS, dataset) == MEMBERS - 3
    await alone.database.execute(ENDS, dataset)
    assert await alone.value(RESERVED, dataset, await spent(alone, dataset)) == 3


async def test_records_of_open_datasets_stay(alone: Network, dataset: UUID) -> None:
    assert await alone.value(FORGETS, 1_000) == 0
    assert await alone.value(RECORDS, dataset) == MEMBERS


PEOPLE = """
    INSERT INTO care.member (pseudonym, kind, joined_on)
    SELECT 'many ' || nth, 'PATIENT', '2025-01-01' FROM generate_series(1, $1) nth
"""
ENROLLED = """
    INSERT INTO research.enrolment (dataset_id, member_id, purpose, reserved_micro_rho)
    SELECT $1, id, 'TRACKING_RESEARCH', 200000 FROM care.member WHERE pseudonym LIKE 'many %'
"""
RECORDED = """
    INSERT INTO research.record (dataset_id, member_id, codes)
    SELECT $1, e.member_id, decode(repeat('01', 60), 'hex') FROM research.enrolment e WHERE e.dataset_id = $1
"""


@pytest.mark.slow
async def test_a_dataset_of_a_hundred_thousand_ends_in_pieces_of_bounded_size(alone: Network) -> None:
    database, many = alone.database, 100_000
    made = await factories.dataset(database, status="OPEN", cap_micro_rho=CAP)
    await database.execute(PEOPLE, many)
    for statement in (ENROLLED, RECORDED):
        await database.execute(statement, made["id"])
    before = "SELECT xmin::text FROM research.record WHERE dataset_id = $1 LIMIT 1"
    written = await alone.value(before, made["id"])
    await database.execute(ENDS, made["id"])
    # The first step has written none of the many rows.
    assert await alone.value(RECORDS + " AND xmin::text = $2 AND xmax = 0", made["id"], written) == many
    assert await alone.value(RESERVED, made["id"], CAP) == many
    sizes: list[int] = []
    while not sizes or sizes[-1]:
        sizes.append(await alone.value(FORGETS, jobs.DELETED_AT_ONCE))
    assert sizes == [jobs.DELETED_AT_ONCE] * (many // jobs.DELETED_AT_ONCE) + [0]
    assert await alone.value(RECORDS, made["id"]) == await alone.value(RESERVED, made["id"], CAP) == 0
