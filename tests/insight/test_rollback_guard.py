"""The ledger's head outside the database: from whatever backup a database is restored, nothing is published twice."""

import asyncio
import errno
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from commands.databases import at
from models.insight.counts import CountKind
from models.logins import open_roles, role_dsn
from models.security.publisher import PUBLISHER
from resolvers import jobs
from resolvers.insight import counts, ledger
from resolvers.insight.ledger import EMPTY, Head
from server.databases.pools import ConnectionPool
from server.databases.publisher_pool import PublisherPool
from server.rollbacks import head_places
from server.rollbacks.head_places import DatabasePlace, FolderPlace, HeadPlace, WebPlace
from server.rollbacks.legacy_heads import LegacyHead
from server.rollbacks.rollback_guard import (
    HeadMissing,
    HeadNotStored,
    LedgerRolledBack,
    PublishingSuspended,
    RollbackGuard,
    guard_of,
)
from server.rollbacks.stored_heads import NextHead, StoredHead, parse
from tests.faults.test_kill_publishing import unserved_network
from tests.support.heads import stored_head
from tests.support.network import network_on
from tests.support.object_store import object_store
from tests.support.population import PUBLISH, buyer, closed, crowd
from tests.support.publishable import gathered, releases, spent

READS = "{ communities(first: 1) { nodes { id } } }"


@asynccontextmanager
async def publisher(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    await open_roles(dsn)
    connection = await asyncpg.connect(role_dsn(dsn, PUBLISHER))
    try:
        yield connection
    finally:
        await connection.close()


async def publish(connection: asyncpg.Connection, guard: RollbackGuard, purpose: str = "Counts") -> None:
    """Publishes something, whatever it is."""
    async with guard.guarded(connection):
        await append(connection)


async def append(connection: asyncpg.Connection) -> None:
    await counts.record(connection, CountKind.NETWORK, None, None, 636, [1, 2])


@asynccontextmanager
async def copied(server: str, dsn: str) -> AsyncIterator[str]:
    """The address of a copy of a database, as of one that was restored from a backup of it."""
    original = urlsplit(dsn).path.strip("/")
    name = f"{original}_copy"
    admin = await asyncpg.connect(server)
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {original} STRATEGY file_copy")
        try:
            yield at(server, name)
        finally:
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


@pytest.mark.slow
async def test_a_restored_backup_is_not_published_from_whatever_its_address_and_its_disk(
    server: str, fresh: str, tmp_path: Path
) -> None:
    with object_store() as store:
        heads = (store.address,)
        folder = tmp_path / "data"
        async with network_on(fresh, data=folder, ledger_heads=heads) as network:
            people = await gathered(network)
            dataset, laboratory = await closed(network, people), await buyer(network, people.community)
            question = {"input": {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20"}}
        async with copied(server, fresh) as backup:
            async with network_on(fresh, data=folder, ledger_heads=heads) as network:
                answer = await network.ask(laboratory, PUBLISH, question)
                assert answer["data"]["insightPublish"]["charged"]["microRho"] > 0
            lacks, unknown = "lacks results that were published", "nothing shows whether the database lacks"
            shutil.copytree(folder, tmp_path / "full")
            for name, settings, expected in (
                ("another name", {"data": folder}, lacks),
                (
                    "a disk without it",
                    {"data": tmp_path / "new", "ledger_heads": heads},
                    lacks,
                ),
                ("nowhere", {"data": tmp_path / "newer"}, unknown),
            ):
                async with network_on(backup, known_head=False, **settings) as network:
                    refused = await network.ask.post(laboratory, PUBLISH, question)
                    assert (name, refused.status_code) == (name, 503)
                    assert expected in refused.json()["errors"][0]["message"]
                    assert (await spent(network, dataset))[1] == 0
                    assert await releases(network, dataset, "q", "r") == []
                    assert (await network.ask(laboratory, READS))["data"]["communities"]["nodes"]


async def test_a_snapshot_of_database_and_folder_is_noticed_by_a_place_elsewhere_alone(
    server: str, fresh: str, tmp_path: Path
) -> None:
    """What an operator is warned of who has the folder alone: the same could be published twice."""
    with object_store() as store:
        heads = (store.address,)
        async with publisher(fresh) as connection:
            await guard_of(fresh, tmp_path / "data", heads).store(connection)
        async with copied(server, fresh) as snapshot:
            shutil.copytree(tmp_path / "data", tmp_path / "alone")
            shutil.copytree(tmp_path / "data", tmp_path / "with another")
            async with publisher(fresh) as connection:
                await publish(connection, guard_of(fresh, tmp_path / "data", heads))
            async with publisher(snapshot) as connection:
                before = await ledger.head(connection)
                with pytest.raises(LedgerRolledBack):
                    await publish(connection, guard_of(snapshot, tmp_path / "with another", heads))
                assert await ledger.head(connection) == before
                await publish(connection, guard_of(snapshot, tmp_path / "alone", ()))
                assert (await ledger.head(connection)).position == before.position + 1


async def test_a_machine_whose_own_folder_is_older_notices_a_rollback_by_a_common_place_alone(
    server: str, fresh: str, tmp_path: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    with object_store() as store:
        heads = (store.address,)
        async with publisher(fresh) as connection:
            for folder in (one, other):
                await guard_of(fresh, folder, heads).store(connection)
        async with copied(server, fresh) as backup:
            async with publisher(fresh) as connection:
                await publish(connection, guard_of(fresh, one, heads))
            async with publisher(backup) as connection:
                for folder, places in ((one, ()), (one, heads), (other, heads)):
                    with pytest.raises(LedgerRolledBack):
                        await guard_of(backup, folder, places).check(connection)
                await guard_of(backup, other, ()).check(connection)  # it never knew what the other machine published


async def test_nothing_is_published_while_a_place_is_down_and_the_rest_goes_on(fresh: str, tmp_path: Path) -> None:
    with object_store() as store:
        async with network_on(fresh, data=tmp_path, ledger_heads=(store.address,)) as network:
            people = await gathered(network)
            dataset, laboratory = await closed(network, people), await buyer(network, people.community)
            question = {"input": {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20"}}
            store.status = 503
            refused = await network.ask.post(laboratory, PUBLISH, question)
            assert refused.status_code == 503
            assert "cannot be stored outside the database" in refused.json()["errors"][0]["message"]
            assert (await spent(network, dataset))[1] == 0
            assert (await network.ask(laboratory, READS))["data"]["communities"]["nodes"]
            store.status = None
            answer = await network.ask(laboratory, PUBLISH, question)
            assert answer["data"]["insightPublish"]["userErrors"] == []
            assert await stored_head(network.database, tmp_path) == await ledger.head(network.database)


@pytest.mark.slow
async def test_a_place_that_does_not_come_back_is_removed_and_a_new_one_is_filled(fresh: str, tmp_path: Path) -> None:
    """By restarts with other settings, as docs/operating.md says."""
    questions = [
        {"variable": "q", "by": [name], "precision": "WITHIN_20"} for name in ("r", "twin", "sex")
    ]  # each is charged once
    with object_store() as lost, object_store() as new:
        async with network_on(fresh, data=tmp_path, ledger_heads=(lost.address,)) as network:
            people = await gathered(network)
            dataset, laboratory = await closed(network, people), await buyer(network, people.community)
            lost.status = 503
            refused = await network.ask.post(laboratory, PUBLISH, {"input": {"dataset": dataset} | questions[0]})
            assert refused.status_code == 503
        for heads, question in (((), questions[0]), ((new.address,), questions[1])):
            async with network_on(fresh, data=tmp_path, ledger_heads=heads) as network:
                answer = await network.ask(laboratory, PUBLISH, {"input": {"dataset": dataset} | question})
                assert answer["data"]["insightPublish"]["userErrors"] == []
                head = await ledger.head(network.database)
                assert await stored_head(network.database, tmp_path) == head
        id = UUID(next(iter(new.documents)).rpartition("ledger-")[2].removesuffix(".json"))
        found = await WebPlace(new.address, 1).read(id)
        assert found is not None
        assert found.head == head
        # Back after all, it has an older head, and is brought up to date.
        lost.status = None
        async with network_on(fresh, data=tmp_path, ledger_heads=(lost.address, new.address)) as network:
            answer = await network.ask(laboratory, PUBLISH, {"input": {"dataset": dataset} | questions[2]})
            assert answer["data"]["insightPublish"]["userErrors"] == []
            back = await WebPlace(lost.address, 1).read(id)
            assert back is not None
            assert back.head == await ledger.head(network.database)


PLACES = ("folder", "database", "web")


@asynccontextmanager
async def place(kind: str, folder: Path, database: str) -> AsyncIterator[HeadPlace]:
    """A place of each kind, with nothing stored in it."""
    if kind == "folder":
        yield FolderPlace(folder / "new")
    elif kind == "database":
        made = DatabasePlace(at(database, "postgres"), 1)
        await remove_table(made)
        yield made
        await remove_table(made)
    else:
        with object_store() as store:
            yield WebPlace(store.address, 1)


async def remove_table(made: DatabasePlace) -> None:
    connection = await asyncpg.connect(made.address)
    await connection.execute("DROP TABLE IF EXISTS cohorte_ledger_head")
    await connection.close()


@pytest.mark.parametrize("kind", PLACES)
async def test_each_place_returns_what_was_stored_last_by_ledger(kind: str, tmp_path: Path, dsn: str) -> None:
    one, other = UUID(int=1), UUID(int=2)
    first = StoredHead(Head(2, bytes(32)), NextHead(Head(3, b"\1" * 32), "8 00000001 9"))
    async with place(kind, tmp_path, dsn) as made:
        assert await made.read(one) is None
        for stored in (first, StoredHead(Head(5, b"\2" * 32)), StoredHead(Head(3, b"\1" * 32))):
            await made.store(one, stored)
            assert await made.read(one) == stored
        assert await made.read(other) is None
        await made.store(other, first)
        assert await made.read(one) == stored


@pytest.mark.parametrize("kind", PLACES)
async def test_what_is_in_no_place_is_not_published(kind: str, tmp_path: Path, fresh: str) -> None:
    async with place(kind, tmp_path, fresh) as made, publisher(fresh) as connection:
        guard = RollbackGuard([made])
        with pytest.raises(HeadMissing):
            await publish(connection, guard)
        await guard.store(connection)
        await publish(connection, guard)
        head = await ledger.head(connection)
        assert await made.read(await ledger.identity(connection)) == StoredHead(head)
        # As if the database were restored: nothing of its own says so.
        await made.store(await ledger.identity(connection), StoredHead(Head(head.position + 1, bytes(32))))
        with pytest.raises(LedgerRolledBack):
            await publish(connection, guard)
        assert await ledger.head(connection) == head


async def test_an_empty_ledger_is_published_from_without_a_head_and_not_with_one(fresh: str, tmp_path: Path) -> None:
    guard = RollbackGuard([FolderPlace(tmp_path)])
    async with emptied(fresh), publisher(fresh) as connection:
        assert (await guard.check(connection)).head == EMPTY
        await publish(connection, guard)
        assert (await guard.check(connection)).head.position == 1
        stored = (await guard.check(connection)).stored
    async with emptied(fresh), publisher(fresh) as connection:
        assert stored != [None]
        with pytest.raises(LedgerRolledBack):
            await publish(connection, guard)


@asynccontextmanager
async def emptied(dsn: str) -> AsyncIterator[None]:
    """A database whose ledger has no entries."""
    owner = await asyncpg.connect(dsn)
    await owner.execute("SET session_replication_role = replica; DELETE FROM insight.ledger_entry")
    await owner.close()
    yield


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def test_nothing_is_published_if_the_folder_is_full_or_cannot_be_written(
    fresh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    guard = RollbackGuard([FolderPlace(tmp_path / "data")])
    async with publisher(fresh) as connection:
        await guard.store(connection)
        before = await ledger.head(connection)
        with monkeypatch.context() as disk:
            disk.setattr(os, "fsync", full)
            with pytest.raises(HeadNotStored, match="No space left on device"):
                await publish(connection, guard)
        assert await ledger.head(connection) == before
        assert "No space left on device" in caplog.text
        assert [path.name for path in (tmp_path / "data").iterdir() if path.suffix == ".part"] == []
        (tmp_path / "data").rename(tmp_path / "elsewhere")
        (tmp_path / "data").touch()
        with pytest.raises(HeadNotStored, match="Not a directory"):
            await publish(connection, guard)
        (tmp_path / "data").unlink()
        (tmp_path / "elsewhere").rename(tmp_path / "data")
        await publish(connection, guard)
        assert (await ledger.head(connection)).position == before.position + 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 500}, "answers with status 500"),
        ({"status": 403}, "answers with status 403"),
        ({"status": 301}, "answers with status 301"),
        ({"forgets": True}, "does not return what was stored"),
        pytest.param({"hangs": True}, "fails", marks=pytest.mark.slow),
    ],
)
async def test_an_address_that_does_not_store_is_reported(fault: dict[str, Any], expected: str) -> None:
    with object_store() as store:
        made = WebPlace(store.address.replace("http://", "http://me:s%40crt@") + "?signature=abc", 1)
        await made.store(UUID(int=1), StoredHead(EMPTY))
        assert list(store.documents) == [f"/heads/ledger-{UUID(int=1)}.json?signature=abc"]
        assert store.received[-1]["authorization"] == "Basic bWU6c0BjcnQ="
        for name, value in fault.items():
            setattr(store, name, value)
        with pytest.raises(head_places.PlaceFailed, match=expected) as failed:
            await made.store(UUID(int=1), StoredHead(Head(1, bytes(32))))
        assert not {"crt", "abc", "127.0.0.1"} & set(str(failed.value).replace(":", " ").split())
        store.released.set()


async def test_an_address_that_drips_holds_nothing_up_and_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_places, "PLACE_SECONDS", 0.3)
    with object_store() as store:
        made, head = WebPlace(store.address, 1), StoredHead(Head(1, bytes(32)))
        await made.store(UUID(int=1), head)
        store.drips = True
        for _ in range(2):
            with pytest.raises(head_places.PlaceFailed, match="fails"):
                await made.read(UUID(int=1))
        store.drips = False
        found = None
        async with asyncio.timeout(30):
            while found is None:
                with suppress(head_places.PlaceFailed):  # as long as its thread reads what drips
                    found = await made.read(UUID(int=1))
        assert found == head


async def test_a_file_that_hangs_fails_in_time_and_its_thread_is_waited_for_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head_places, "PLACE_SECONDS", 0.1)
    made = FolderPlace(tmp_path)
    os.mkfifo(made.path(UUID(int=1)))
    with pytest.raises(head_places.PlaceFailed, match="fails"):
        await made.read(UUID(int=1))
    assert made.thread.thread is not None
    assert made.thread.thread.daemon
    made.path(UUID(int=1)).write_text("")  # so that it ends


async def test_a_database_of_cohorte_is_no_place_and_an_unreachable_one_is_named(fresh: str) -> None:
    for address, expected in (
        (fresh, "is one of Cohorte's, which is restored with its ledger"),
        (at(fresh, "no_such"), "no database of this name"),
        ("postgresql://me:s3cret@127.0.0.1:1/heads", "nothing listens"),
    ):
        with pytest.raises(head_places.PlaceFailed, match=expected) as failed:
            await DatabasePlace(address, 2).read(UUID(int=1))
        assert "place 2 of COHORTE_LEDGER_HEADS" in str(failed.value)
        assert "s3cret" not in str(failed.value)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "<html>", '{"position": 1, "hash": "00"}', '{"position": -1}', "\xff"]
)
async def test_what_is_not_a_head_is_not_taken_for_a_missing_one(text: str, fresh: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text.encode("latin-1"))
    async with publisher(fresh) as connection:
        place = FolderPlace(tmp_path)
        place.path(await ledger.identity(connection)).write_bytes(text.encode("latin-1"))
        with pytest.raises(HeadNotStored, match="something that is not a head"):
            await RollbackGuard([place]).check(connection)


async def test_every_place_is_compared_and_those_that_are_behind_are_brought_up_to_date(
    fresh: str, tmp_path: Path
) -> None:
    one, other, new = (FolderPlace(tmp_path / name) for name in ("one", "other", "new"))
    async with publisher(fresh) as connection:
        id, old = await ledger.identity(connection), await ledger.head(connection)
        await RollbackGuard([one]).store(connection)
        await publish(connection, RollbackGuard([one]))
        head = await ledger.head(connection)
        await other.store(id, StoredHead(old))
        guard = RollbackGuard([other, one, new])
        await guard.settle(connection)
        assert [await place.read(id) for place in (one, other, new)] == [StoredHead(head)] * 3
        await other.store(id, StoredHead(Head(head.position + 5, bytes(32))))
        with pytest.raises(LedgerRolledBack):
            await guard.check(connection)
        await guard.settle(connection)  # which changes nothing then
        assert await other.read(id) == StoredHead(Head(head.position + 5, bytes(32)))


async def test_a_transaction_that_ends_between_storing_and_committing_is_told_from_one_that_was_lost(
    fresh: str, tmp_path: Path
) -> None:
    place = FolderPlace(tmp_path)
    guard = RollbackGuard([place])
    async with publisher(fresh) as connection, publisher(fresh) as other:
        await guard.store(connection)
        id, before = await ledger.identity(connection), await ledger.head(connection)
        cut_off = connection.transaction()
        await cut_off.start()
        await append(connection)
        assert await guard.announce(connection, before)
        await guard.check(other)  # while it is in progress
        await cut_off.rollback()
        left = await place.read(id)
        assert left is not None
        assert left.next is not None
        assert (left.head, left.next.head.position) == (before, before.position + 1)
        await publish(connection, guard)  # it was never committed, which the database knows
        history, _, number = left.next.transaction.rpartition(" ")
        cluster, timeline = history.split(" ")
        committed = await connection.fetchval("SELECT max(xmin::text::bigint)::text FROM insight.ledger_entry")
        for transaction in (
            f"{cluster} 00000002 {number}",  # a standby was promoted, or a point in time was restored
            f"{int(cluster) + 1} {timeline} {number}",  # a dump was restored into another cluster
            f"{history} {int(number) + 1_000_000}",  # a copy of the files was restored
            f"{history} {committed}",  # a dump was restored into the same cluster
        ):
            await place.store(id, StoredHead(before, NextHead(left.next.head, transaction)))
            with pytest.raises(LedgerRolledBack):
                await guard.check(connection)


async def test_a_head_under_the_old_name_is_taken_over_once(fresh: str, tmp_path: Path) -> None:
    guard = guard_of(fresh, tmp_path, ())
    assert isinstance(guard.legacy, LegacyHead)
    async with publisher(fresh) as connection:
        id, head = await ledger.identity(connection), await ledger.head(connection)
        guard.legacy.path.write_text(StoredHead(Head(head.position + 1, bytes(32))).text())
        with pytest.raises(LedgerRolledBack):
            await publish(connection, guard)
        assert guard.legacy.path.exists()
        guard.legacy.path.write_text(StoredHead(head).text())
        await publish(connection, guard)
        assert [path.name for path in tmp_path.iterdir()] == [f"ledger-{id}.json"]
        FolderPlace(tmp_path).path(id).unlink()
        with pytest.raises(HeadMissing):
            await publish(connection, guard_of(fresh, tmp_path, ()))


async def test_a_publication_waits_for_the_disk_whatever_the_default(fresh: str, tmp_path: Path) -> None:
    async with publisher(fresh) as connection:
        for default, expected in (("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")):
            await connection.execute(f"SET synchronous_commit = {default}")
            async with connection.transaction():
                await append(connection)
                assert await connection.fetchval("SHOW synchronous_commit") == expected
            assert await connection.fetchval("SHOW synchronous_commit") == default


async def test_a_fault_is_logged_once_a_minute(fresh: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    guard = RollbackGuard([FolderPlace(tmp_path)])
    async with publisher(fresh) as connection:
        for _ in range(3):
            with pytest.raises(PublishingSuspended):
                await guard.check(connection)
    assert len([record for record in caplog.records if record.name == "cohorte.ledger"]) == 1


async def test_a_place_that_is_down_suspends_what_publishes_and_nothing_else(
    fresh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [FolderPlace(tmp_path / "one"), FolderPlace(tmp_path / "two")]
    guard, records = RollbackGuard(places), "SELECT count(*) FROM research.record WHERE dataset_id = $1"
    monkeypatch.setattr(jobs, "PART_SECONDS", 0.01)
    monkeypatch.setattr(jobs, "PUBLISHING_SECONDS", 0.01)
    async with unserved_network(fresh) as network, publisher(fresh) as connection:
        database = network.database
        await guard.store(connection)
        head = await ledger.head(connection)
        people = await crowd(database, [{"q": "A"}] * 300)
        await database.execute("UPDATE catalog.survey SET closes_on = '2020-01-01' WHERE id = $1", people.survey)
        await database.execute("UPDATE catalog.survey SET status = 'CLOSED' WHERE status = 'WAITING'")
        (tmp_path / "two").rename(tmp_path / "elsewhere")
        (tmp_path / "two").touch()
        scheduled = PublisherPool(cast(ConnectionPool, None), guard).jobs((jobs.settle_surveys, jobs.freeze_datasets))
        settle, freeze, _ = scheduled
        await settle(connection)
        with pytest.raises(HeadNotStored, match="Not a directory"):
            await freeze(connection)
        made = "SELECT id, status, progress FROM insight.dataset WHERE survey_id = $1"
        found = await database.fetchrow(made, people.survey)
        assert found is not None
        assert (found["status"], found["progress"]) == ("FREEZING", 94)  # all but what is published
        assert await database.fetchval(records, found["id"]) == 300
        assert await ledger.head(connection) == head
        # With no place that shows the head, nothing goes on: the database may have been rolled back.
        (tmp_path / "one").rename(tmp_path / "nowhere")
        (tmp_path / "one").touch()
        for job in scheduled:
            with pytest.raises(HeadNotStored):
                await job(connection)
        for name, kept in (("one", "nowhere"), ("two", "elsewhere")):
            (tmp_path / name).unlink()
            (tmp_path / kept).rename(tmp_path / name)
        for job in scheduled:
            await job(connection)
        assert await database.fetchval("SELECT status FROM insight.dataset WHERE id = $1", found["id"]) == "OPEN"
        assert (await ledger.head(connection)).position > head.position
