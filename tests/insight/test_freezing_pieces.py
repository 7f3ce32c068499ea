"""Freezing in pieces: whatever interrupts it, and whoever leaves meanwhile, the dataset is the same in the end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from unittest import mock
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.organizations import OrganizationKind
from models.insight.datasets import FREEZING_PARTS
from models.logins import role_dsn
from models.security.publisher import PUBLISHER
from resolvers import jobs, pacing
from resolvers.insight import freezing
from resolvers.insight.first_tables import FrozenResult
from tests import factories
from tests.faults.test_kill_publishing import unserved_network
from tests.support.callers import User
from tests.support.eventually import becomes
from tests.support.network import Network
from tests.support.population import KINDS, Crowd, buyer, crowd, publish
from tests.support.publishable import expect_sound
from tests.support.waiters import is_waiting

EVERYBODY = [{"q": "ABC"[n % 3], "r": "AB"[n % 2]} for n in range(300)]
GONE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
RECORDS = "SELECT member_id, codes FROM research.record WHERE dataset_id = $1"
SEEN = "query ($id: ID!) { dataset(id: $id) { id } }"


@pytest_asyncio.fixture
async def alone(fresh: str) -> AsyncIterator[Network]:
    """Yields a network of the test's own that no server serves, whose scheduled work would freeze as well."""
    async with unserved_network(fresh) as network:
        yield network


@pytest_asyncio.fixture
async def people(alone: Network) -> Crowd:
    """Yields a crowd of the test's own, whose survey is still open."""
    return await crowd(alone.database, EVERYBODY)


async def records(network: Network, dataset: UUID) -> dict[UUID, bytes]:
    return {row["member_id"]: row["codes"] for row in await network.database.fetch(RECORDS, dataset)}


async def begun(network: Network, survey: UUID) -> UUID:
    async with network.database.transaction():
        dataset = await freezing.begin_survey(network.database, survey)
    assert dataset is not None
    return dataset


async def uninterrupted(network: Network, survey: UUID) -> dict[UUID, bytes]:
    """The records of a survey that is frozen at once, in a transaction that is rolled back."""
    transaction = network.database.transaction()
    await transaction.start()
    try:
        made = await freezing.freeze_survey(network.database, survey)
        assert made is not None
        return await records(network, made.dataset)
    finally:
        await transaction.rollback()


async def connected(dsn: str) -> asyncpg.Connection:
    """A connection as the publisher's role, as scheduled work uses it."""
    return await asyncpg.connect(role_dsn(dsn, PUBLISHER))


def at(part: int, work: Callable[[], Awaitable[Any]]) -> Callable[[int], Awaitable[None]]:
    """A pause in which `work` is done once that many parts are frozen."""

    async def pause(parts: int) -> None:
        if parts == part:
            await work()

    return pause


def ended(network: Network, connection: asyncpg.Connection) -> Callable[[], Awaitable[Any]]:
    """Ends a connection's backend when called."""
    return lambda: network.value("SELECT pg_terminate_backend($1)", connection.get_server_pid())


@pytest.mark.parametrize("batch", [pytest.param(5, marks=pytest.mark.slow), 250])
async def test_a_dataset_is_the_same_whichever_connection_is_lost(
    alone: Network, fresh: str, people: Crowd, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(freezing, "BATCH", batch)
    expected = await uninterrupted(alone, people.survey)
    assert len(expected) == len(EVERYBODY)
    dataset = await begun(alone, people.survey)
    for part in (*range(1, FREEZING_PARTS + 1, 3), FREEZING_PARTS):  # and in the last one, before it publishes
        connection = await connected(fresh)
        with pytest.raises(GONE):
            await freezing.finish(connection, dataset, pause=at(part, ended(alone, connection)))
        connection.terminate()
        found = await records(alone, dataset)
        assert found.items() <= expected.items()
        links = "SELECT count(answer_sheet_id) FROM research.participation WHERE survey_id = $1"
        assert await alone.value(links, people.survey) == len(expected) - len(found)  # never both, never neither
        assert await alone.value("SELECT status FROM insight.dataset WHERE id = $1", dataset) == "FREEZING"
    for place in (2, 3):  # before the dataset is locked, and before the ledger is
        connection, paused = await connected(fresh), 0

        async def while_publishing(parts: int, place: int = place, connection: asyncpg.Connection = connection) -> None:
            nonlocal paused
            paused += parts == FREEZING_PARTS
            if paused == place:
                await ended(alone, connection)()

        with pytest.raises(GONE):
            await freezing.finish(connection, dataset, pause=while_publishing)
        assert paused == place
    for table in ("insight.release", "insight.insight", "insight.ledger_entry"):
        assert await alone.value(f"SELECT count(*) FROM {table} WHERE dataset_id = $1", dataset) == 0
    made = await freezing.finish(alone.database, dataset)
    assert made == FrozenResult(dataset, open=True)
    assert await records(alone, dataset) == expected
    await expect_sound(alone, f"dst_{dataset}")


async def test_a_piece_is_completely_done_or_not_at_all(alone: Network, fresh: str, people: Crowd) -> None:
    dataset, connection = await begun(alone, people.survey), await connected(fresh)
    async with alone.database.transaction():
        await alone.database.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.enrol'))")
        piece = asyncio.ensure_future(freezing.finish(connection, dataset))
        await becomes(lambda: is_waiting(alone.database, connection.get_server_pid()))
        await ended(alone, connection)()
        with pytest.raises(GONE):
            await piece
    connection.terminate()
    assert await records(alone, dataset) == {}
    assert await alone.row("SELECT part, floor FROM research.freezing WHERE dataset_id = $1", dataset) == {
        "part": 0,
        "floor": 200,
    }
    made = await freezing.finish(alone.database, dataset)
    assert made is not None
    assert len(await records(alone, dataset)) == 300


@pytest.mark.slow
async def test_concurrent_processes_freeze_a_dataset_once(alone: Network, fresh: str, people: Crowd) -> None:
    expected, dataset = await uninterrupted(alone, people.survey), await begun(alone, people.survey)
    workers = [await connected(fresh) for _ in range(3)]
    try:
        made = await asyncio.gather(*(freezing.finish(one, dataset) for one in workers))
    finally:
        for one in workers:
            await one.close()
    assert sorted(one is not None for one in made) == [False, False, True]
    assert await records(alone, dataset) == expected
    assert (
        await alone.value("SELECT count(*) FROM insight.release WHERE dataset_id = $1 AND variables = '{}'", dataset)
        == 1
    )
    await expect_sound(alone, f"dst_{dataset}")


async def test_members_who_leave_meanwhile_are_not_in_the_dataset(alone: Network, people: Crowd) -> None:
    dataset = await begun(alone, people.survey)
    frozen_before = sorted(people.members)[0]
    frozen_after, deleted_after = sorted(people.members)[-2:]
    deleted_before = sorted(people.members)[1]
    withdraw = "UPDATE research.consent SET granted = false WHERE member_id = any($1) AND purpose = 'SURVEY_RESEARCH'"
    again = "UPDATE research.consent SET granted = true WHERE member_id = $1 AND purpose = 'SURVEY_RESEARCH'"

    async def leave() -> None:
        assert {frozen_before, deleted_before} <= set(await records(alone, dataset))
        await alone.database.execute(withdraw, [frozen_before, frozen_after])
        await alone.database.execute("DELETE FROM care.member WHERE id = any($1)", [deleted_before, deleted_after])
        await alone.database.execute(again, frozen_before)  # a new consent, which is for later datasets

    made = await freezing.finish(alone.database, dataset, pause=at(FREEZING_PARTS // 2, leave))
    assert made is not None
    gone = {frozen_before, frozen_after, deleted_before, deleted_after}
    assert set(await records(alone, dataset)) == set(people.members) - gone
    enrolled = "SELECT member_id, withdrawn_at IS NULL AS there FROM research.enrolment WHERE dataset_id = $1"
    found = {row["member_id"]: row["there"] for row in await alone.database.fetch(enrolled, dataset)}
    assert found == dict.fromkeys(set(people.members) - gone, True) | {frozen_before: False}
    sheets = "SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1"
    assert await alone.value(sheets, people.survey) == 0


async def test_what_is_being_frozen_reserves_its_members_allowance(alone: Network, people: Crowd) -> None:
    dataset = await begun(alone, people.survey)

    async def reserved() -> None:
        day = await alone.value("SELECT frozen_on FROM insight.dataset WHERE id = $1", dataset)
        first, last = min(people.members), max(people.members)
        query = "SELECT by_datasets FROM research.reserved(ARRAY[$1::uuid], $2)"
        found = [await alone.value(query, member, day) for member in (first, last)]
        assert found == [200_000, 0]

    assert await freezing.finish(alone.database, dataset, pause=at(FREEZING_PARTS // 2, reserved)) is not None


async def test_only_survey_managers_and_data_stewards_see_what_is_being_frozen(
    network: Network, survey_manager: User
) -> None:
    people = await crowd(network.database, EVERYBODY)
    dataset = f"dst_{await begun(network, people.survey)}"
    steward, moderator = [await network.staff(role) for role in (StaffRole.DATA_STEWARD, StaffRole.MODERATOR)]
    laboratory, member = await buyer(network, people.community), await network.member(people.community)
    fields = "status progress size insights { nodes { id } } sizeProof { __typename }"
    progress = f"query ($id: ID!) {{ dataset(id: $id) {{ {fields} }} }}"
    for who in (survey_manager, steward):
        seen = (await network.ask(who, progress, {"id": dataset}))["data"]["dataset"]
        assert (seen["status"], seen["size"], seen["insights"], seen["sizeProof"]) == (
            "FREEZING", 0, {"nodes": []}, None,
        )  # fmt: skip
    for other in (moderator, laboratory, member):
        assert (await network.ask(other, SEEN, {"id": dataset}))["data"] == {"dataset": None}
    for one in (steward, laboratory):
        result = await publish(network, one, dataset, "q")
        assert [error["code"] for error in result["userErrors"]] == ["NOT_FOUND"]
    await network.freeze()
    for other in (moderator, laboratory, member):
        assert (await network.ask(other, SEEN, {"id": dataset}))["data"] == {"dataset": {"id": dataset}}


async def test_a_wave_that_was_too_small_is_seen_by_staff_alone_and_a_survey_by_nobody(
    network: Network, survey_manager: User
) -> None:
    row = await factories.dataset(network.database, status="TOO_SMALL", size=0)
    survey = await factories.survey(network.database, community_id=row["community_id"], status="CLOSED")
    other = await factories.dataset(
        network.database,
        community_id=row["community_id"],
        kind="SURVEY",
        survey_id=survey["id"],
        status="TOO_SMALL",
        size=0,
    )
    wave, of_survey = f"dst_{row['id']}", f"dst_{other['id']}"
    steward, moderator = [await network.staff(role) for role in (StaffRole.DATA_STEWARD, StaffRole.MODERATOR)]
    member, laboratory = await network.member(row["community_id"]), await buyer(network, row["community_id"])
    for who in (survey_manager, steward, moderator, member, laboratory):
        found = (await network.ask(who, SEEN, {"id": wave}))["data"]["dataset"]
        assert (found is not None) == (who in (survey_manager, steward))
        assert (await network.ask(who, SEEN, {"id": of_survey}))["data"]["dataset"] is None


async def test_a_wave_is_requested_without_waiting_for_members_and_their_locks(
    network: Network, survey_manager: User
) -> None:
    people = await crowd(network.database, EVERYBODY)
    async with network.database.transaction():  # of whoever enrols, and of the ledger: neither is waited for
        await network.database.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.enrol'))")
        await network.database.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.ledger'))")
        await network.database.execute("LOCK TABLE research.consent, research.enrolment, research.record")
        given = {"community": f"com_{people.community}", "wave": "first", "offeredTo": KINDS}
        payload = await network.do(survey_manager, "waveFreeze", "dataset { status progress }", **given)
    assert payload == {"dataset": {"status": "FREEZING", "progress": 0}, "userErrors": []}


@pytest.mark.parametrize(
    "change",
    ["status = 'FREEZING', progress = 0", "status = 'FREEZING'", "progress = 50"],
)
async def test_a_dataset_that_is_open_is_never_frozen_again(network: Network, change: str) -> None:
    made = await factories.dataset(network.database)
    with pytest.raises(asyncpg.CheckViolationError):
        await network.database.execute(f"UPDATE insight.dataset SET {change} WHERE id = $1", made["id"])


async def test_nothing_that_is_being_frozen_is_moved_to_another_place(alone: Network, people: Crowd) -> None:
    """A member or a value that moved meanwhile would be missing from the dataset."""
    database, into = alone.database, (await factories.community(alone.database))["id"]
    indicator, target = [(await factories.indicator(database))["id"] for _ in range(2)]
    await factories.community_indicator(database, community_id=people.community, indicator_id=indicator)
    async with database.transaction():
        dataset = await freezing.begin_wave(
            database, community=people.community, wave="first", offered_to=[OrganizationKind.HOSPITAL]
        )
    await database.execute(
        "UPDATE catalog.community SET status = 'MERGED', merged_into_id = $2 WHERE id = $1", people.community, into
    )
    await database.execute(
        "UPDATE catalog.indicator SET merged_into_id = $2, retired_on = catalog.today(), moves_at = catalog.clock()"
        " WHERE id = $1",
        indicator,
        target,
    )
    due = "SELECT array(SELECT catalog.communities_to_move()) || array(SELECT catalog.entries_to_move())"

    async def nothing_is_due() -> None:
        assert await alone.value(due) == []

    made = await freezing.finish(database, dataset, pause=at(FREEZING_PARTS // 2, nothing_is_due))
    assert made is not None
    assert len(await records(alone, dataset)) == 300
    assert await alone.value(due) == [people.community, indicator]


async def sizes_of(steps: Sequence[float], most: int) -> list[int]:
    """The sizes of pieces that take so many seconds, one after another."""
    found, size = [], pacing.PieceSize(most)
    with mock.patch.object(pacing, "now", return_value=100.0) as clock:
        for seconds in steps:
            async with size.timed() as rows:
                found.append(rows)
                clock.return_value += seconds
    return found


async def test_pieces_are_smaller_where_they_take_long_and_never_larger_than_the_most() -> None:
    assert await sizes_of([0.0] * 6, 250) == [25, 50, 100, 200, 250, 250]
    assert await sizes_of([0.01, 0.01, 0.6, 0.3, 1.5, 9.0, 0.1], 250) == [25, 50, 100, 50, 50, 25, 25]
    assert await sizes_of([5.0, 5.0, 0.0], 3) == [1, 1, 1]


async def test_freezing_and_erasing_take_sizes_that_follow_what_they_took(
    alone: Network, people: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    monkeypatch.setattr(pacing, "now", lambda: 0.0)  # nothing takes time
    connection = mock.Mock(wraps=alone.database)

    async def fetchval(query: str, *values: Any) -> Any:
        if "freeze_members" in query or "go_on_erasing" in query:
            given.append(values[-1])
        return len(given) < 4 if "go_on_erasing" in query else await alone.database.fetchval(query, *values)

    connection.fetchval = fetchval
    dataset = await begun(alone, people.survey)
    monkeypatch.setattr(freezing, "BATCH", 50)
    assert await freezing.finish(connection, dataset) is not None
    assert given[:5] == [5, 10, 20, 40, 50]
    assert set(given[5:]) == {50}
    given.clear()
    monkeypatch.setattr(jobs, "now", lambda: 0.0)
    await jobs.erase_members(connection)
    assert given == [200, 400, 800, 1_600]
