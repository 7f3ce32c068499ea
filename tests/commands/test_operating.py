"""Starts the server as operators do: without the owner's password, with secrets from files, and never carelessly."""

import asyncio
import os
import secrets
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from app import create_app
from commands import migrate
from commands.cluster import Unavailable
from commands.databases import at, create_missing
from commands.listeners import refuse_open_demonstration
from commands.preparing import note_places, prepare
from models.failures import summary
from models.logins import NoOwnerPassword, open_roles, role_dsn, role_password
from models.migrations.revisions import OtherRevision, expect_current, head
from models.viewers import Audience
from settings import Settings, SettingsError, variable
from tests import factories
from tests.commands.test_serve import ROOT, SERVE, environment
from tests.server.test_edge import PUBLIC, WHO
from tests.support.client import ANYBODY, serving
from tests.support.clusters import open_roles_quickly

KEY = "k" * 32


def without_login(dsn: str) -> str:
    """A database's address without a user and a password."""
    return (
        urlsplit(dsn)._replace(netloc="").geturl().replace("postgresql:/", "postgresql:///", 1).replace("////", "///")
    )


def test_the_address_without_a_login_has_neither_user_nor_password() -> None:
    assert without_login("postgresql://me:secret@/cohorte?host=%2Frun") == "postgresql:///cohorte?host=%2Frun"


# Secrets


@pytest.mark.parametrize("name", [variable(field) for field in Settings.secrets()])
def test_every_secret_can_be_in_a_file(name: str, tmp_path: Path) -> None:
    value = {
        "COHORTE_DATABASE_URL": "postgresql://me:secret@db.example/cohorte",
        "COHORTE_READ_URL": "postgresql://standby1.example/cohorte postgresql://standby2.example:5433/cohorte",
        "COHORTE_MAIL_URL": "smtp://me:secret@mail.example",
        "COHORTE_LEDGER_HEADS": "postgresql://me:secret@db.example/heads https://me:secret@store.example/heads",
    }.get(name, "secret " * 5 + "!")
    file = tmp_path / "secret"
    file.write_text(f"{value}\n")
    assert Settings.from_environment({f"{name}_FILE": str(file)}) == Settings.from_environment({name: value})
    for given in ({name: value, f"{name}_FILE": str(file)}, {f"{name}_FILE": str(tmp_path / "none")}):
        with pytest.raises(SettingsError) as caught:
            Settings.from_environment(given)
        assert list(caught.value.faults) == [f"{name}_FILE"]
        assert "secret" not in str(caught.value).replace(name, "")
    for content in (b"", b" \n", b"\xff\xfe"):
        file.write_bytes(content)
        with pytest.raises(SettingsError) as caught:
            Settings.from_environment({f"{name}_FILE": str(file)})
        assert list(caught.value.faults) == [f"{name}_FILE"]
    file.write_text("short")
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({f"{name}_FILE": str(file)})
    assert list(caught.value.faults) == [name]
    assert "short" not in str(caught.value)


def test_secrets_are_the_settings_that_are_never_printed() -> None:
    assert set(Settings.secrets()) == {
        "database_url",
        "read_url",
        "mail_url",
        "role_key",
        "log_key",
        "second_factor_key",
        "ledger_heads",
    }
    settings = Settings(role_key=KEY, log_key=KEY)
    assert KEY not in repr(settings)


# Serving as roles


def test_a_key_replaces_the_owners_password_in_the_roles_passwords() -> None:
    owner = "postgresql://owner:secret@db.example/cohorte"
    bare = "postgresql://db.example/cohorte"
    keyed = role_password(bare, "cohorte_patient", KEY)
    assert keyed == role_password(owner, "cohorte_patient", KEY) != role_password(owner, "cohorte_patient")
    assert role_dsn(bare, Audience.PATIENT, KEY) == f"postgresql://cohorte_patient:{keyed}@db.example/cohorte"
    with pytest.raises(NoOwnerPassword):
        role_password(bare, "cohorte_patient")


async def test_a_server_without_the_owners_password_serves_and_migrates_nothing(fresh: str) -> None:
    bare = without_login(fresh)
    await open_roles(fresh, KEY)
    try:
        settings = Settings(database_url=bare, role_key=KEY, migrate=False)
        await prepare(bare, settings)
        async with serving(bare, known_head=False, role_key=KEY, migrate=False, demo=False) as ask:
            assert await ask(ANYBODY, WHO) == PUBLIC
            register = (
                'mutation { requestPasswordReset(input: {email: "a@b.example", clientMutationId: "1"}) { __typename } }'
            )
            assert "errors" not in await ask(ANYBODY, register)
            assert (await ask.http.get("/readyz")).json() == {"ready": True}
        owner = await asyncpg.connect(fresh)
        await owner.execute("UPDATE public.migration SET version_num = '0001'")
        await owner.close()
        with pytest.raises(OtherRevision, match=f"not at revision {head()}"):
            await expect_current(role_dsn(bare, Audience.PUBLIC, KEY))
        with pytest.raises(Unavailable, match="Migrate it as its owner"):
            await prepare(bare, settings)
        app = create_app(settings)
        with pytest.raises(OtherRevision):
            async with app.router.lifespan_context(app):
                pass
        owner = await asyncpg.connect(fresh)
        assert await owner.fetchval("SELECT version_num FROM public.migration") == "0001"
        await owner.close()
    finally:
        await open_roles_quickly(fresh)


async def test_another_key_stops_a_server_that_does_not_migrate_with_a_sentence(fresh: str) -> None:
    bare = without_login(fresh)
    await open_roles(fresh, KEY)
    try:
        with pytest.raises(Unavailable, match="not derived from this COHORTE_ROLE_KEY"):
            await prepare(bare, Settings(database_url=bare, role_key="j" * 32, migrate=False))
    finally:
        await open_roles_quickly(fresh)


async def test_a_role_with_excess_rights_stops_a_server_that_does_not_migrate_too(fresh: str) -> None:
    owner = await asyncpg.connect(fresh)
    await open_roles(fresh, KEY)
    await owner.execute("ALTER ROLE cohorte_buyer CREATEDB")
    try:
        bare = without_login(fresh)
        with pytest.raises(Unavailable, match="cohorte_buyer"):
            await prepare(bare, Settings(database_url=bare, role_key=KEY, migrate=False))
    finally:
        await owner.execute("ALTER ROLE cohorte_buyer NOCREATEDB")
        await owner.close()
        await open_roles_quickly(fresh)


@pytest.mark.slow
async def test_migrate_sets_the_roles_passwords_by_the_key(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"test_{secrets.token_hex(4)}"
    await create_missing(server, name)
    try:
        given = {"COHORTE_DATABASE_URL": at(server, name), "COHORTE_ROLE_KEY": KEY}
        monkeypatch.setattr(os, "environ", given)
        assert await asyncio.to_thread(migrate.main) == 0
        assert capsys.readouterr().out == f"The database is at revision {head()}.\n"
        bare = without_login(at(server, name))
        await prepare(bare, Settings(database_url=bare, role_key=KEY, migrate=False))
    finally:
        owner = await asyncpg.connect(server)
        await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await owner.close()


async def test_an_error_of_a_migration_is_reported_without_its_rows(fresh: str) -> None:
    owner = await asyncpg.connect(fresh)
    await owner.execute("CREATE TABLE public.planted (email text UNIQUE)")
    try:
        with pytest.raises(asyncpg.UniqueViolationError) as caught:
            await owner.execute("INSERT INTO public.planted VALUES ('marie'), ('marie')")
    finally:
        await owner.close()
    assert "marie" in str(caught.value)
    assert summary(caught.value) == (
        "UniqueViolationError, sqlstate 23505, schema_name public, table_name planted, "
        "constraint_name planted_email_key"
    )


def test_migrate_reports_an_unreachable_database_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "environ", {"COHORTE_DATABASE_URL": "postgresql://me:secret@127.0.0.1:1/cohorte"})
    assert migrate.main() == 1
    assert capsys.readouterr().err == (
        "The database could not be migrated: nothing listens at its host and port (ConnectionRefusedError).\n"
    )


# The demonstration


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.20", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_a_demonstration_listens_on_loopback_alone_unless_told_twice(address: str, allowed: bool) -> None:
    if allowed:
        refuse_open_demonstration(Settings(demo=True), address)
    else:
        with pytest.raises(Unavailable, match="COHORTE_DEMO_ALLOW=address"):
            refuse_open_demonstration(Settings(demo=True), address)
        with pytest.raises(Unavailable):
            refuse_open_demonstration(Settings(demo=True, demo_allow=frozenset({"members"})), address)
    refuse_open_demonstration(Settings(demo=True, demo_allow=frozenset({"address"})), address)
    refuse_open_demonstration(Settings(demo=False), address)


def test_a_network_whose_guards_are_undone_with_its_database_is_warned(caplog: pytest.LogCaptureFixture) -> None:
    elsewhere = ("https://store.example/heads",)
    note_places(Settings(demo=True))
    note_places(Settings(demo=False, ledger_heads=elsewhere, ledger_places=2))
    assert caplog.messages == []
    note_places(Settings(demo=False))
    assert "Set COHORTE_LEDGER_HEADS" in caplog.text
    with pytest.raises(Unavailable, match=r"COHORTE_LEDGER_PLACES=2.* is stored in 1:"):
        note_places(Settings(demo=False, ledger_places=2))


@pytest.mark.slow
def test_the_command_refuses_to_open_a_demonstration_to_the_network(folder: Path) -> None:
    settings = environment(folder, COHORTE_DEMO="1", COHORTE_HOST="0.0.0.0", COHORTE_SCALE="0.02")
    done = subprocess.run(SERVE, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "COHORTE_HOST is not a loopback address" in done.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.slow
async def test_a_demonstration_never_opens_a_database_with_members_of_its_own(fresh: str, tmp_path: Path) -> None:
    demo = Settings(database_url=fresh, demo=True, data=tmp_path, scale=0.02)
    await prepare(fresh, demo)  # the demonstration's own accounts alone
    owner = await asyncpg.connect(fresh)
    try:
        for real in (factories.member, factories.account):
            transaction = owner.transaction()
            await transaction.start()
            made = await real(owner)
            assert made["demonstration"] is False
            await transaction.commit()
            with pytest.raises(Unavailable, match="COHORTE_DEMO_ALLOW=members"):
                await prepare(fresh, demo)
            with pytest.raises(Unavailable):
                await prepare(fresh, demo.model_copy(update={"demo_allow": frozenset({"address"})}))
            await prepare(fresh, demo.model_copy(update={"demo_allow": frozenset({"members"})}))
            await prepare(fresh, demo.model_copy(update={"demo": False}))
            table = "care.member" if real is factories.member else "identity.account"
            await owner.execute(f"DELETE FROM {table} WHERE id = $1", made["id"])
    finally:
        await owner.close()


async def test_a_demonstration_is_not_created_without_the_owner(fresh: str, tmp_path: Path) -> None:
    await open_roles(fresh)
    with pytest.raises(Unavailable, match="COHORTE_MIGRATE=1"):
        await prepare(fresh, Settings(database_url=fresh, demo=True, migrate=False, data=tmp_path))
