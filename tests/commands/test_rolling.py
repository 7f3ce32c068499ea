"""A newer version migrates the database while servers of this one are running: compatible with them, or not."""

import logging
import secrets
from collections.abc import AsyncIterator
from types import SimpleNamespace

import asyncpg
import pytest
import pytest_asyncio
from alembic.script import ScriptDirectory

from commands.cluster import Unavailable
from commands.databases import at, create_missing
from commands.migrate import migrate
from commands.preparing import prepare
from models.database import understands
from models.migrations import revisions, run
from models.role_names import PREFIX
from server.databases import outages
from settings import Settings
from tests.support.client import ANYBODY, serving
from tests.support.clusters import run as run_statement

NEWER = "9999"
HELLO = "{ communities(first: 1) { nodes { name } } }"


def migrated(since: str | None) -> str:
    """What a newer version's migration leaves in the database."""
    said = "NULL" if since is None else f"'{since}'"
    return f"UPDATE public.migration SET version_num = '{NEWER}', compatible_since = {said}"


async def test_a_server_stays_ready_while_the_newer_schema_is_compatible(
    fresh: str, caplog: pytest.LogCaptureFixture
) -> None:
    outages.noted.clear()
    async with serving(fresh) as ask:
        known = await ask(ANYBODY, HELLO)
        await run_statement(fresh, migrated(revisions.head()))
        assert (await ask.http.get("/readyz")).json() == {"ready": True}
        assert await ask(ANYBODY, HELLO) == known
        await run_statement(fresh, migrated(NEWER))
        with caplog.at_level(logging.ERROR, "cohorte.database"):
            for _ in range(3):
                answer = await ask.http.get("/readyz")
                assert (answer.status_code, answer.json()) == (503, {"ready": False})
        [line] = [record.getMessage() for record in caplog.records if record.name == "cohorte.database"]
        assert f"with which this version, of revision {revisions.head()}, does not work" in line


@pytest.mark.parametrize("migrates", [True, False])
async def test_a_server_starts_on_a_newer_compatible_schema_and_says_so(
    fresh: str, migrates: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    await run_statement(fresh, migrated("0001"))
    await prepare(fresh, Settings(database_url=fresh, migrate=migrates))
    said = f"The database is at revision {NEWER}; this version is for {revisions.head()}, and works"
    assert said in capsys.readouterr().out
    async with serving(fresh, migrate=migrates) as ask:
        assert (await ask.http.get("/readyz")).json() == {"ready": True}
    assert await migrate(fresh, None, PREFIX) == NEWER


@pytest.mark.parametrize("since", [None, NEWER, "9998"])
@pytest.mark.parametrize("migrates", [True, False])
async def test_a_newer_incompatible_schema_is_refused_with_the_way_back(
    fresh: str, since: str | None, migrates: bool
) -> None:
    await run_statement(fresh, migrated(since))
    with pytest.raises(Unavailable, match=f"(?s){NEWER}.* To go back to this version, restore a backup"):
        await prepare(fresh, Settings(database_url=fresh, migrate=migrates))


@pytest.mark.parametrize(
    ("stored", "since", "asked", "understood"),
    [
        ("0079", "0071", "0079", True),
        ("0080", "0079", "0079", True),
        ("0080", "0080", "0079", False),
        ("0080", None, "0079", False),
        ("0078", "0071", "0079", False),  # an older one lacks what this version needs
    ],
)
async def test_a_version_works_with_its_own_schema_and_newer_ones_that_say_so(
    marker: asyncpg.Connection, stored: str, since: str | None, asked: str, understood: bool
) -> None:
    await marker.execute("UPDATE public.migration SET version_num = $1, compatible_since = $2", stored, since)
    assert await understands(marker, asked) is understood


async def test_a_database_from_before_the_marker_is_understood_by_its_own_version_alone(
    marker: asyncpg.Connection,
) -> None:
    await marker.execute("ALTER TABLE public.migration DROP COLUMN compatible_since")
    await marker.execute("UPDATE public.migration SET version_num = '0071'")
    assert [await understands(marker, revision) for revision in ("0070", "0071", "0072")] == [False, True, False]


@pytest_asyncio.fixture
async def marker(admin: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    yield admin


async def test_each_migration_writes_which_servers_may_go_on(server: str) -> None:
    name = f"test_{secrets.token_hex(4)}"
    await create_missing(server, name)
    try:
        await run.upgrade(at(server, name))
        connection = await asyncpg.connect(at(server, name))
        try:
            since = await connection.fetchval("SELECT compatible_since FROM public.migration")
        finally:
            await connection.close()
        assert since == run.compatible_since(revisions.head())
    finally:
        await run_statement(server, f"DROP DATABASE {name} WITH (FORCE)")


def test_the_newest_migration_that_breaks_older_servers_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    class Scripts:
        def iterate_revisions(self, upper: str, lower: str) -> list[SimpleNamespace]:
            assert (upper, lower) == ("0005", "base")
            return [script("0005", "0003"), script("0004", "0003"), script("0003"), script("0002", "0001")]

    def script(revision: str, since: str | None = None) -> SimpleNamespace:
        named = {} if since is None else {"compatible_since": since}
        return SimpleNamespace(revision=revision, module=SimpleNamespace(**named))

    monkeypatch.setattr(ScriptDirectory, "from_config", lambda _: Scripts())
    assert run.compatible_since("0005") == "0003"


def test_no_migration_claims_what_it_cannot() -> None:
    """A migration leaves servers of itself working, and names a revision that exists."""
    scripts = list(ScriptDirectory.from_config(run.config()).walk_revisions())
    known = {script.revision for script in scripts}
    for script in scripts:
        since = getattr(script.module, "compatible_since", script.revision)
        assert since in known
        assert since <= script.revision
