"""A migrated database equals the models, however many processes migrate it and whatever it held before."""

import ast
import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from commands import migrate
from models.columns import SCHEMAS
from models.metadata import metadata
from models.migrations import catalogue, revisions, run
from tests.support.clusters import run as run_statement
from tests.support.declared import complaints, empty
from tests.support.modules import run_module

ROOT = Path(__file__).parents[2]

# Recorded from a database that earlier migrations had brought to revision 0007, which is adopted unchanged.
BASELINE = "9cbd554e57bdec001c9b87504169164b9c70344dd8a905c70eb349d7bea17762"
TOO_OLD = (
    "The database is at revision 0003, which is too old: this version migrates from revision 0007 on."
    " Migrate it with an earlier version of Cohorte first, or use a new database."
)


async def in_sqlalchemy(dsn: str, work: Callable[[Connection], Any]) -> Any:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool
    )
    async with engine.begin() as connection:
        found = await connection.run_sync(work)
    await engine.dispose()
    return found


async def everything(dsn: str) -> list[str]:
    """The whole catalogue of a database as lines, including objects that no class, function or policy declares."""
    lines = [f"{item.kind} {item.create} {item.table}" for item in (await catalogue.read(dsn)).values()]
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "pg_catalog"})
    try:
        for query in (
            """
            SELECT format('order %s %s', c.oid::regclass, array_agg(a.attname ORDER BY a.attnum)) FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text = any($1::text[]) GROUP BY c.oid""",
            """
            SELECT format('role %s %s %s %s %s %s %s', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb,
                rolcanlogin, has_database_privilege(oid, current_database(), 'CONNECT'))
            FROM pg_roles WHERE rolname LIKE 'cohorte\\_%' AND cardinality($1::text[]) > 0""",
            """
            SELECT format('text search %s %s %s', m.maptokentype, m.mapseqno, m.mapdict::regdictionary)
            FROM pg_ts_config_map m WHERE m.mapcfg = 'catalog.words'::regconfig AND cardinality($1::text[]) > 0""",
            """
            SELECT format('text search %s %s %s %s', c.cfgname, m.maptokentype, m.mapseqno, m.mapdict::regdictionary)
            FROM pg_ts_config_map m JOIN pg_ts_config c ON c.oid = m.mapcfg
            WHERE c.cfgnamespace = 'catalog'::regnamespace AND c.cfgname <> 'words' AND cardinality($1::text[]) > 0""",
            """
            SELECT format('extension %s %s', extname, extnamespace::regnamespace) FROM pg_extension
            WHERE cardinality($1::text[]) > 0""",
            """
            SELECT format('%s may %s %s', a.grantee::regrole, a.privilege_type, c.oid::regclass)
            FROM pg_class c, aclexplode(c.relacl) a
            WHERE c.oid = 'public.migration'::regclass AND cardinality($1::text[]) > 0""",
            """
            SELECT format('everybody may execute %s: %s', p.oid::regprocedure,
                has_function_privilege('public', p.oid, 'EXECUTE'))
            FROM pg_proc p WHERE p.pronamespace::regnamespace::text = any($1::text[])""",
            """
            SELECT format('default %s %s', d.defaclobjtype, aclexplode(d.defaclacl)::text) FROM pg_default_acl d
            WHERE cardinality($1::text[]) > 0""",
            """
            SELECT format('notice %s %s %s %s %s', purpose, version, in_force_on, text, demonstration)
                || coalesce(' ' || (to_jsonb(n) ->> 'language'), '')
            FROM catalog.notice n WHERE cardinality($1::text[]) > 0""",
        ):
            lines += [row[0] for row in await connection.fetch(query, list(SCHEMAS))]
    finally:
        await connection.close()
    return sorted(lines)


async def digest(dsn: str) -> str:
    return hashlib.sha256("\n".join(await everything(dsn)).encode()).hexdigest()


async def test_alembic_finds_no_difference_between_the_database_and_the_models(dsn: str) -> None:
    def differences(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection, opts=run.COMPARISON), metadata)

    assert await in_sqlalchemy(dsn, differences) == []


async def test_columns_constraints_and_indexes_equal_the_models(
    dsn: str, declared_catalogue: catalogue.Catalogue
) -> None:
    """Alembic compares neither CHECK constraints nor the expressions of generated columns."""
    assert await complaints(dsn, declared_catalogue, catalogue.OF_TABLES) == []
    found = await catalogue.read(dsn)
    assert "CHECK" in found["constraint", "ck_evaluation_satisfaction on care.evaluation"].create
    counts = {kind: sum(item.kind == kind for item in found.values()) for kind in catalogue.OF_TABLES}
    assert {kind: number > 30 for kind, number in counts.items()} == dict.fromkeys(counts, True)


async def test_the_baseline_creates_the_catalogue_of_adopted_databases(server: str) -> None:
    async with empty(server) as dsn:
        await run.upgrade(dsn, "0007")
        assert await digest(dsn) == BASELINE


@pytest.mark.slow
async def test_a_database_at_the_baseline_is_adopted_as_it_is(server: str) -> None:
    async with empty(server) as dsn, empty(server) as other:
        await run.upgrade(dsn, "0007")
        before = await everything(dsn)
        await run.upgrade(dsn, "0007")
        assert await everything(dsn) == before
        await asyncio.gather(run.upgrade(dsn), run.upgrade(other))
        assert await everything(dsn) == await everything(other)


@pytest.mark.slow
async def test_an_older_database_is_refused_in_a_sentence(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with empty(server) as dsn:
        await run.upgrade(dsn)
        await run_statement(dsn, "UPDATE public.migration SET version_num = '0003'")
        before = await everything(dsn)
        with pytest.raises(revisions.UnknownRevision) as caught:
            await run.upgrade(dsn)
        assert str(caught.value) == TOO_OLD
        monkeypatch.setenv("COHORTE_DATABASE_URL", dsn)
        assert await asyncio.to_thread(migrate.main) == 1
        assert capsys.readouterr() == ("", f"{TOO_OLD}\n")
        assert await command(dsn, "commands.serve") == (1, f"Migrating the database ...\n{TOO_OLD}\n")
        assert await everything(dsn) == before


@pytest.mark.slow
async def test_a_newer_database_is_refused_in_a_sentence(server: str) -> None:
    async with empty(server) as dsn:
        await run.upgrade(dsn)
        await run_statement(dsn, "UPDATE public.migration SET version_num = '9999', compatible_since = '9999'")
        with pytest.raises(
            revisions.UnknownRevision, match=r"^The database is at revision 9999, which this version does not"
        ):
            await run.upgrade(dsn)


@pytest.mark.slow
async def test_the_command_line_of_alembic_works(server: str) -> None:
    async with empty(server) as dsn:
        status, history = await command(dsn, "alembic", "history")
        assert (status, history.splitlines()[-1][:14]) == (0, "<base> -> 0007")
        assert await command(dsn, "alembic", "upgrade", "head") == (0, "")
        assert await command(dsn, "alembic", "current") == (0, f"{revisions.head()} (head)\n")
        status, output = await command(dsn, "alembic", "revision", "-m", "something")
        instead = "FAILED: Run `python -m commands.new migration NAME [TABLE ...]`: it writes the SQL, too."
        assert (status, " ".join(output.split())) == (255, instead)


async def test_migrating_a_migrated_database_changes_nothing(fresh: str) -> None:
    before = await everything(fresh)
    await run.upgrade(fresh)
    connection = await asyncpg.connect(fresh)
    try:
        rows = await connection.fetch("SELECT version_num FROM public.migration")
        assert [row[0] for row in rows] == [revisions.head()]
    finally:
        await connection.close()
    assert await everything(fresh) == before


@pytest.mark.slow
async def test_concurrent_upgrades_in_one_process_do_not_interfere(server: str) -> None:
    async with empty(server) as one, empty(server) as other:
        await asyncio.gather(run.upgrade(one), run.upgrade(other))
        assert await everything(one) == await everything(other)
        assert len(await everything(one)) > 1000


@pytest.mark.slow
async def test_processes_that_migrate_concurrently_all_succeed(server: str) -> None:
    async with empty(server) as one, empty(server) as other:
        output = await asyncio.gather(*(command(dsn, "commands.migrate") for dsn in (one, one, one, other)))
        assert output == [(0, f"The database is at revision {revisions.head()}.\n")] * 4
        assert await everything(one) == await everything(other)


async def command(dsn: str, *words: str) -> tuple[int | None, str]:
    """The exit status and output of a Python module's command line, run with this database."""
    return await run_module(*words, COHORTE_DATABASE_URL=dsn, COHORTE_PORT="0")


async def test_a_failed_migration_leaves_nothing_behind(server: str) -> None:
    async with empty(server) as dsn:
        await run_statement(dsn, "create schema identity")
        with pytest.raises(Exception, match='schema "identity" already exists'):
            await run.upgrade(dsn)
        assert dict(await catalogue.read(dsn)) == {}
        connection = await asyncpg.connect(dsn)
        try:
            assert await connection.fetchval("SELECT to_regnamespace('catalog')") is None
        finally:
            await connection.close()


@pytest.mark.slow
async def test_unaccent_may_already_be_installed_in_another_schema(server: str) -> None:
    async with empty(server) as dsn:
        await run_statement(dsn, "create schema extras; create extension unaccent with schema extras")
        await run.upgrade(dsn)
        connection = await asyncpg.connect(dsn)
        try:
            assert await connection.fetchval("SELECT catalog.words_in('Sclérose')::text") == "'sclerose':1"
        finally:
            await connection.close()


def test_migrations_use_nothing_of_the_code_that_changes_after_them() -> None:
    imported = {
        (path.stem, name)
        for path in (ROOT / "models/migrations/versions").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or "."] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }
    own = {each.name.removesuffix(".py") for each in ROOT.iterdir()}
    allowed = {"models.migrations"}  # of which they take `frozen`
    assert [each for each in sorted(imported) if each[1].partition(".")[0] in own and each[1] not in allowed] == []


def test_every_model_is_in_one_of_the_schemas() -> None:
    assert {table.schema for table in metadata.sorted_tables} == set(SCHEMAS)


async def test_addresses_outside_of_ascii_get_the_idna_form_of_their_domain(server: str) -> None:
    async with empty(server) as dsn:
        await run.upgrade(dsn, "0012")
        connection = await asyncpg.connect(dsn)
        try:
            staff = await connection.fetchval("INSERT INTO identity.staff (name) VALUES ('s') RETURNING id")
            insert = "INSERT INTO identity.account (email, staff_id) VALUES ($1, $2)"
            for address in ("a@hôpital.example", "b@plain.example", "c@é.example", "c@xn--9ca.example"):
                await connection.execute(insert, address, staff)
            await run.upgrade(dsn, "0013")
            found = await connection.fetch('SELECT email FROM identity.account ORDER BY email COLLATE "C"')
        finally:
            await connection.close()
    # An address stays as it is if its IDNA form is taken.
    assert [row["email"] for row in found] == [
        "a@xn--hpital-ixa.example", "b@plain.example", "c@xn--9ca.example", "c@é.example",
    ]  # fmt: skip
