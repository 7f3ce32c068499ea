"""A backup that is restored brings back nobody who was erased, and no consent that was withdrawn."""

import asyncio
import json
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from app import create_app
from commands import preparing
from commands.databases import at, create_missing
from models.database import Connection
from models.identity.members import Sharing
from models.identity.organizations import OrganizationKind
from models.logins import open_roles
from resolvers.insight.ledger import Begin, begun
from resolvers.jobs import PUBLISHING
from resolvers.research import departures
from server.jobs.scheduler import Scheduler
from server.rollbacks.departure_keeper import DepartureKeeper, DeparturesUnknown, keeper_of, merged, parsed
from server.rollbacks.head_places import FolderPlace, HeadUnreadable, WebPlace
from settings import Settings
from tests import factories
from tests.support import backups
from tests.support.callers import open_session
from tests.support.client import ANYBODY, Caller, serving
from tests.support.clusters import quick_folder, run
from tests.support.eventually import becomes
from tests.support.object_store import object_store
from tests.support.waiters import is_waiting

PURPOSE = "SURVEY_RESEARCH"
BOTH = ["HOSPITAL", "LABORATORY"]
OWN = "{ me { consents { purpose granted } } }"
RESTORED = "the database was restored from a backup: {} members were erased and {} consents withdrawn again"


@dataclass(frozen=True)
class People:
    """Members of a network: one who leaves, one who withdraws a consent, one who does neither."""

    leaving: UUID
    withdrawing: UUID
    staying: UUID

    @property
    def all(self) -> tuple[UUID, ...]:
        return self.leaving, self.withdrawing, self.staying


async def people(connection: asyncpg.Connection) -> People:
    made: list[UUID] = []
    for name in ("leaving", "withdrawing", "staying"):
        member = await factories.member(
            connection, pseudonym=f"{name}{secrets.token_hex(4)}", sharing=Sharing.MY_COMMUNITIES
        )
        await factories.account(connection, member_id=member["id"], email=f"{member['pseudonym']}@people.example")
        made.append(member["id"])
    found = People(*made)
    for id in found.all:
        await consent(connection, id, True, BOTH)
    return found


async def consent(connection: asyncpg.Connection, member: UUID, granted: bool, recipients: list[str]) -> None:
    """Sets a consent as the member does."""
    async with connection.transaction():
        await connection.execute("SELECT set_config('cohorte.member', $1, true)", str(member))
        await connection.execute(
            "SELECT research.set_consent($1, $2, $3, '2026-1', 'EN')", PURPOSE, granted, recipients
        )


async def erase(connection: asyncpg.Connection, member: UUID) -> None:
    async with connection.transaction():
        await connection.execute("SELECT set_config('cohorte.member', $1, true)", str(member))
        account = await connection.fetchval("SELECT id FROM identity.account WHERE member_id = $1", member)
        assert await connection.fetchval("SELECT identity.delete_account($1)", account)


async def consents(connection: asyncpg.Connection) -> dict[UUID, tuple[bool, list[str]]]:
    rows = await connection.fetch(
        "SELECT member_id, granted, recipients FROM research.consent WHERE NOT demonstration AND purpose = $1", PURPOSE
    )
    return {row["member_id"]: (row["granted"], row["recipients"]) for row in rows}


async def exists(connection: asyncpg.Connection, member: UUID) -> bool:
    found: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM care.member WHERE id = $1)", member)
    return found


@pytest.fixture
def file() -> Iterator[Path]:
    folder = quick_folder()
    yield folder / "backup.dump"
    shutil.rmtree(folder)


@pytest_asyncio.fixture
async def restored(server: str) -> AsyncIterator[str]:
    """Yields the address of an empty database to restore into."""
    name = f"test_{secrets.token_hex(4)}"
    await create_missing(server, name)
    yield at(server, name)
    await run(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.slow
async def test_a_restored_backup_brings_nobody_back(
    fresh: str, restored: str, owner: asyncpg.Connection, file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    who = await people(owner)
    tokens = {member: await open_session(owner, await account_of(owner, member)) for member in who.all}
    async with serving(fresh, data=tmp_path, publishing=PUBLISHING):
        backups.dump(fresh, file)
        await erase(owner, who.leaving)
        await consent(owner, who.withdrawing, False, [])
        await keeper_of(tmp_path, ()).keep(owner)  # as the job does, every half a minute
    # No log and no file names anybody, nor says how many have left.
    [kept] = tmp_path.glob("departures-*.json")
    assert not any(str(member) in kept.read_text() or member.hex in kept.read_text() for member in who.all)
    assert sum(map(len, json.loads(kept.read_text()).values())) == 256
    assert backups.restore(restored, file, "--no-owner", "--exit-on-error") == (0, "")
    again = await asyncpg.connect(restored)
    try:
        assert [await exists(again, member) for member in who.all] == [True, True, True]
        assert (await consents(again))[who.withdrawing] == (True, BOTH)
        await open_roles(restored)
        caplog.clear()
        async with serving(restored, data=tmp_path, publishing=PUBLISHING) as ask:
            assert [await exists(again, member) for member in who.all] == [False, True, True]
            assert (await ask(Caller("leaving", tokens[who.leaving]), OWN))["errors"]
            answers = {member: await ask(Caller("one", tokens[member]), OWN) for member in who.all[1:]}
            assert not [answer["errors"] for answer in answers.values() if "errors" in answer]
            granted = {
                member: [each["granted"] for each in answer["data"]["me"]["consents"]]
                for member, answer in answers.items()
            }
            assert granted == {who.withdrawing: [False], who.staying: [True]}
        assert RESTORED.format(1, 1) in [record.getMessage() for record in caplog.records]
        # Nobody is written to a second time, and the next start has nothing to do.
        mails = "SELECT count(*) FROM identity.outbox_entry WHERE letter = 'ACCOUNT_DELETED'"
        assert await again.fetchval(mails) == 0
        caplog.clear()
        async with serving(restored, data=tmp_path, publishing=PUBLISHING) as ask:
            assert "errors" not in await ask(ANYBODY, "{ viewer { audience } }")
        assert not [record for record in caplog.records if record.name == "cohorte.departures"]
    finally:
        await again.close()


async def account_of(connection: asyncpg.Connection, member: UUID) -> UUID:
    found: UUID = await connection.fetchval("SELECT id FROM identity.account WHERE member_id = $1", member)
    return found


# Without a second database: the rows that a backup has, brought back by hand


async def forget(connection: asyncpg.Connection) -> None:
    """What a restore does to the digests: none from after the backup, and the lineage of another database."""
    await connection.execute("DELETE FROM identity.departure")
    await connection.execute("UPDATE identity.departure_key SET lineage = 'another'")


async def test_an_erasure_is_stored_while_a_freeze_is_under_way(
    fresh: str, owner: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round of what publishes may take many minutes, and departures do not wait for its end."""
    monkeypatch.setattr("server.jobs.background.Scheduler", partial(Scheduler, period_seconds=0.05))
    under_way, ended = asyncio.Event(), asyncio.Event()

    async def freeze(connection: Connection, begin: Begin = begun) -> None:
        under_way.set()
        await ended.wait()

    who = await people(owner)
    digest = await owner.fetchval("SELECT identity.departure_digest('member ' || $1)", str(who.leaving))
    id, place = (await departures.read(owner)).id, FolderPlace(tmp_path)
    async with serving(fresh, data=tmp_path, publishing=(freeze,)), asyncio.timeout(60):
        await under_way.wait()
        await erase(owner, who.leaving)
        await becomes(lambda: place.read_text("departures", id), lambda kept: digest.hex() in (kept or b"").decode())
        assert not ended.is_set()


class PausedPlace(FolderPlace):
    """A folder in which nothing is stored until it is told to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.storing, self.goes_on = asyncio.Event(), asyncio.Event()

    async def store_text(self, kind: str, id: UUID, text: str) -> None:
        self.storing.set()
        await self.goes_on.wait()
        await super().store_text(kind, id, text)


async def test_of_two_processes_that_store_neither_undoes_what_the_other_has_stored(
    fresh: str, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    """The first has read and not stored yet when the second has something new."""
    who, slow, other = await people(owner), PausedPlace(tmp_path), await asyncpg.connect(fresh)
    try:
        async with asyncio.timeout(60):
            first = asyncio.create_task(DepartureKeeper((slow,)).synchronize(owner))
            await slow.storing.wait()
            await erase(other, who.leaving)
            digest = await other.fetchval("SELECT identity.departure_digest('member ' || $1)", str(who.leaving))
            second = asyncio.create_task(DepartureKeeper((FolderPlace(tmp_path),)).synchronize(other))
            watching = await asyncpg.connect(fresh)
            look = partial(is_waiting, watching, other.get_server_pid())
            await becomes(look, lambda waiting: waiting or second.done())
            await watching.close()
            slow.goes_on.set()
            await asyncio.gather(first, second)
        id = (await departures.read(owner)).id
        assert digest.hex() in (await FolderPlace(tmp_path).read_text("departures", id) or b"").decode()
    finally:
        await other.close()


async def test_a_process_notices_that_another_has_replaced_what_it_stored(
    owner: asyncpg.Connection, tmp_path: Path
) -> None:
    """As an earlier version would, which takes no turns: the count of digests is the same."""
    who, place = await people(owner), FolderPlace(tmp_path)
    keeper = DepartureKeeper((place,))
    await keeper.begin(owner)
    id = (await departures.read(owner)).id
    older = (await place.read_text("departures", id) or b"").decode()
    await erase(owner, who.leaving)
    await keeper.keep(owner)
    newer = await place.read_text("departures", id)
    await place.store_text("departures", id, older)
    await keeper.keep(owner)
    assert await place.read_text("departures", id) == newer != older.encode()


async def test_a_backup_that_is_restored_under_a_running_server_is_noticed_by_what_has_left(
    owner: asyncpg.Connection, tmp_path: Path
) -> None:
    """Somebody leaves before the server looks again, and counts for whom the backup has brought back."""
    who, keeper = await people(owner), DepartureKeeper((FolderPlace(tmp_path),))
    await erase(owner, who.leaving)
    await keeper.begin(owner)
    number = await owner.fetchval("SELECT count(*) FROM identity.departure")
    noted = "DELETE FROM identity.departure WHERE digest = identity.departure_digest('member ' || $1)"
    await owner.execute(noted, str(who.leaving))
    await factories.member(owner, id=who.leaving)
    await erase(owner, who.staying)
    assert await owner.fetchval("SELECT count(*) FROM identity.departure") == number
    await keeper.keep(owner)
    assert not await owner.fetchval("SELECT EXISTS (SELECT FROM care.member WHERE id = $1)", who.leaving)
    assert await owner.fetchval("SELECT count(*) FROM identity.departure") == number + 1


async def test_a_snapshot_of_the_folder_too_is_noticed_by_a_place_elsewhere_alone(
    owner: asyncpg.Connection, tmp_path: Path
) -> None:
    who = await people(owner)
    alone, elsewhere = FolderPlace(tmp_path / "data"), FolderPlace(tmp_path / "elsewhere")
    await DepartureKeeper((alone, elsewhere)).begin(owner)
    shutil.copytree(tmp_path / "data", tmp_path / "snapshot")
    await erase(owner, who.leaving)
    await DepartureKeeper((alone, elsewhere)).keep(owner)
    await owner.execute("DELETE FROM identity.departure")
    await factories.member(owner, id=who.leaving)
    snapshot = FolderPlace(tmp_path / "snapshot")
    await DepartureKeeper((snapshot,)).begin(owner)
    assert await exists(owner, who.leaving)  # nothing shows it: the server warns of one place at each start
    await DepartureKeeper((snapshot, elsewhere)).begin(owner)
    assert not await exists(owner, who.leaving)


async def test_kinds_of_organizations_are_withdrawn_one_by_one(
    owner: asyncpg.Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    who, keeper = await people(owner), keeper_of(tmp_path, ())
    await keeper.begin(owner)
    backup = await owner.fetch("SELECT id FROM research.consent_change")
    await consent(owner, who.leaving, True, ["LABORATORY"])
    await consent(owner, who.withdrawing, False, [])
    await keeper.keep(owner)
    after = await consents(owner)
    await owner.execute("DELETE FROM research.consent_change WHERE id <> ALL ($1)", [row["id"] for row in backup])
    await owner.execute(
        "UPDATE research.consent SET granted = true, recipients = $1 WHERE NOT demonstration AND purpose = $2",
        BOTH,
        PURPOSE,
    )
    await forget(owner)
    await keeper_of(tmp_path, ()).begin(owner)
    assert await consents(owner) == after
    assert after[who.leaving] == (True, ["LABORATORY"])
    assert RESTORED.format(0, 2) in caplog.messages


async def test_what_interrupts_repeating_leaves_the_rest_to_the_next_start(
    owner: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each member is a transaction of their own: with hundreds, a limit for all of them is never kept."""
    members = [
        row["id"]
        for row in await owner.fetch(
            "INSERT INTO care.member (pseudonym, kind, joined_on)"
            " SELECT 'again' || n, 'PATIENT', current_date FROM generate_series(1, 300) n RETURNING id"
        )
    ]
    await keeper_of(tmp_path, ()).begin(owner)
    await owner.execute("DELETE FROM care.member WHERE id = ANY ($1)", members)
    await keeper_of(tmp_path, ()).keep(owner)
    for number, member in enumerate(members):
        await factories.member(owner, id=member, pseudonym=f"again{number}")
    await forget(owner)
    own, calls = type(owner).fetchrow, 0

    async def interrupted(self: asyncpg.Connection, query: str, *given: Any, **more: Any) -> Any:
        nonlocal calls
        calls += "depart_again" in query
        if calls > 100:
            raise ConnectionResetError
        return await own(self, query, *given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(type(owner), "fetchrow", interrupted)
        with pytest.raises(ConnectionResetError):
            await keeper_of(tmp_path, ()).begin(owner)
    here = "SELECT count(*) FROM care.member WHERE id = ANY ($1)"
    assert await owner.fetchval(here, members) == 200
    await keeper_of(tmp_path, ()).begin(owner)
    assert await owner.fetchval(here, members) == 0
    assert RESTORED.format(200, 0) in caplog.messages
    assert not (await departures.read(owner)).restored


async def test_the_parent_of_workers_repeats_departures(fresh: str, owner: asyncpg.Connection, tmp_path: Path) -> None:
    who = await people(owner)
    await keeper_of(tmp_path, ()).begin(owner)
    await erase(owner, who.leaving)
    await keeper_of(tmp_path, ()).keep(owner)
    await factories.member(owner, id=who.leaving)
    await forget(owner)
    await open_roles(fresh)
    await preparing.repeat_departures(fresh, Settings(database_url=fresh, data=tmp_path))
    assert not await exists(owner, who.leaving)


async def test_a_primary_whose_standbys_are_all_asynchronous_is_warned_of(
    fresh: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await open_roles(fresh)
    settings = Settings(database_url=fresh, data=tmp_path)
    await preparing.repeat_departures(fresh, settings)
    assert "none is synchronous" not in caplog.text
    standby = {"read_url": ("postgresql://standby.example/cohorte",)}
    await preparing.repeat_departures(fresh, settings.model_copy(update=standby))
    assert "PostgreSQL has standbys, and none is synchronous" in caplog.text
    assert "Set synchronous_standby_names" in caplog.text


async def test_a_consent_that_was_given_again_is_withdrawn_by_a_later_withdrawal_only(
    owner: asyncpg.Connection, tmp_path: Path
) -> None:
    who = await people(owner)
    one = who.withdrawing
    await consent(owner, one, False, [])
    await consent(owner, one, True, BOTH)
    await keeper_of(tmp_path, ()).begin(owner)
    had = await owner.fetch("SELECT digest FROM identity.departure")
    # Restored from a backup that has all of it: the first withdrawal is not repeated.
    await owner.execute("UPDATE identity.departure_key SET lineage = 'another'")
    await keeper_of(tmp_path, ()).begin(owner)
    assert (await consents(owner))[one] == (True, BOTH)
    # The second one, after the backup, is.
    await consent(owner, one, False, [])
    await keeper_of(tmp_path, ()).keep(owner)
    await owner.execute(
        "DELETE FROM research.consent_change WHERE id = (SELECT id FROM research.consent_change WHERE member_id = $1"
        " ORDER BY changed_at DESC LIMIT 1)",
        one,
    )
    await owner.execute("UPDATE research.consent SET granted = true, recipients = $2 WHERE member_id = $1", one, BOTH)
    await forget(owner)
    await owner.executemany("INSERT INTO identity.departure (digest) VALUES ($1)", [(row["digest"],) for row in had])
    await keeper_of(tmp_path, ()).begin(owner)
    assert (await consents(owner))[one] == (False, [])
    assert (await consents(owner))[who.staying] == (True, BOTH)


async def test_a_snapshot_of_the_files_is_noticed_too(owner: asyncpg.Connection, tmp_path: Path) -> None:
    """Its lineage is the same: what this database itself has stored is compared all the same."""
    who = await people(owner)
    await keeper_of(tmp_path, ()).begin(owner)
    await erase(owner, who.leaving)
    await keeper_of(tmp_path, ()).keep(owner)
    had = await owner.fetch("DELETE FROM identity.departure RETURNING digest")
    back = await factories.member(owner, id=who.leaving)
    assert await exists(owner, back["id"])
    await keeper_of(tmp_path, ()).begin(owner)
    assert not await exists(owner, back["id"])
    assert set(await owner.fetch("SELECT digest FROM identity.departure")) == set(had)


async def test_a_copy_with_the_same_places_erases_nobody_in_the_original(
    owner: asyncpg.Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    who = await people(owner)
    await keeper_of(tmp_path, ()).begin(owner)
    found = await departures.read(owner)
    digest = await owner.fetchval("SELECT identity.departure_digest('member ' || $1)", str(who.staying))
    place = FolderPlace(tmp_path)
    stored = json.loads(await place.read_text("departures", found.id) or b"")
    await place.store_text("departures", found.id, json.dumps(stored | {"0123456789abcdef": [digest.hex()]}))
    await keeper_of(tmp_path, ()).begin(owner)
    assert await exists(owner, who.staying)
    assert "another database, such as a copy of this one" in caplog.text
    # What it has stored stays: a database that is restored cannot tell whose it is.
    await erase(owner, who.leaving)
    await keeper_of(tmp_path, ()).keep(owner)
    assert digest in merged([parsed(await place.read_text("departures", found.id) or b"", "x")])["0123456789abcdef"]


async def test_nothing_of_the_demonstration_is_stored(owner: asyncpg.Connection) -> None:
    one = await owner.fetchval("SELECT id FROM care.member WHERE demonstration ORDER BY id LIMIT 1")
    await owner.execute("DELETE FROM care.member WHERE id = $1", one)
    assert await owner.fetchval("SELECT count(*) FROM identity.departure") == 0


async def test_all_places_have_the_same_and_a_new_one_is_filled(owner: asyncpg.Connection, tmp_path: Path) -> None:
    who = await people(owner)
    with object_store() as store:
        places = FolderPlace(tmp_path / "one"), WebPlace(store.address, 1)
        keeper = DepartureKeeper(places)
        await keeper.begin(owner)
        await erase(owner, who.leaving)
        await keeper.keep(owner)
        id = (await departures.read(owner)).id
        texts = [await place.read_text("departures", id) for place in places]
        assert texts[0] == texts[1] is not None
        requests = len(store.received)
        await keeper.keep(owner)
        assert len(store.received) == requests + 1  # nothing is new: it was only read
        await places[0].store_text("departures", id, "{}")  # as a process does that has read it long before
        await keeper.keep(owner)
        assert await places[0].read_text("departures", id) == texts[0]
        await DepartureKeeper((*places, FolderPlace(tmp_path / "two"))).begin(owner)
        assert await FolderPlace(tmp_path / "two").read_text("departures", id) == texts[0]


async def test_the_number_of_digests_is_made_coarse(owner: asyncpg.Connection, tmp_path: Path) -> None:
    await keeper_of(tmp_path, ()).begin(owner)
    sizes = []
    for number in (1, 255, 1):
        await owner.execute(
            "INSERT INTO identity.departure (digest) SELECT uuid_send(gen_random_uuid()) FROM generate_series(1, $1)",
            number,
        )
        await keeper_of(tmp_path, ()).keep(owner)
        [kept] = tmp_path.glob("departures-*.json")
        sizes.append(sum(map(len, json.loads(kept.read_text()).values())))
    assert sizes == [256, 256, 512]


@pytest.mark.parametrize("text", [b"", b"x", b"[]", b'{"a": 1}', b'{"a": ["0"]}', b'{"a": ["00"]}', b'{"a": [1]}'])
def test_what_is_not_digests_is_refused(text: bytes) -> None:
    with pytest.raises(HeadUnreadable):
        parsed(text, "a place")


async def test_a_restored_database_is_not_served_without_its_places(
    fresh: str, owner: asyncpg.Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with object_store() as store:
        keeper = DepartureKeeper((FolderPlace(tmp_path), WebPlace(store.address, 1)))
        store.status = 500
        await keeper.begin(owner)  # not restored: it is logged, and tried again
        assert "cannot be stored outside the database" in caplog.text
        with pytest.raises(DeparturesUnknown):
            await keeper.keep(owner)
        store.status = None
        await keeper.keep(owner)
        await owner.execute("UPDATE identity.departure_key SET lineage = 'another'")
        store.status = 500
        with pytest.raises(DeparturesUnknown, match="place 1 of COHORTE_LEDGER_HEADS"):
            await keeper.begin(owner)
        app = create_app(Settings(database_url=fresh, data=tmp_path, ledger_heads=(store.address,), web=False))
        with pytest.raises(DeparturesUnknown):
            async with app.router.lifespan_context(app):
                pass
        assert app.endpoint is None


async def test_every_kind_of_organization_can_be_withdrawn_from(admin: asyncpg.Connection) -> None:
    found: list[Any] = await admin.fetch(
        "SELECT kind FROM research.withdrawals(gen_random_uuid(), 'SURVEY_RESEARCH', false)"
    )
    assert {row["kind"] for row in found} == {"", *(kind.value for kind in OrganizationKind)}


async def test_digests_depend_on_the_databases_own_key(admin: asyncpg.Connection) -> None:
    digest = "SELECT identity.departure_digest('member 1')"
    before = await admin.fetchval(digest)
    assert len(before) == 16
    assert await admin.fetchval(digest) == before
    await admin.execute("UPDATE identity.departure_key SET inner_key = sha256(inner_key)")
    assert await admin.fetchval(digest) != before
