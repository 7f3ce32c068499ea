"""A migrated database is what the models say, however many processes migrate it and whatever it held before."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from commands.databases import at
from models.columns import SCHEMAS
from models.everything import metadata
from models.migrations import run
from tests.cluster_fixtures import run as run_statement

ROOT = Path(__file__).parent.parent
WORDS = ROOT / "models/migrations/versions/r0001/words.sql"
numbers = count(1)


@asynccontextmanager
async def empty(server: str) -> AsyncIterator[str]:
    name = f"empty_{os.getpid()}_{next(numbers)}"
    await run_statement(server, f"create database {name} template template0")
    try:
        yield at(server, name)
    finally:
        await run_statement(server, f"drop database {name} with (force)")


async def in_sqlalchemy(dsn: str, work: Callable[[Connection], Any]) -> Any:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool
    )
    async with engine.begin() as connection:
        found = await connection.run_sync(work)
    await engine.dispose()
    return found


async def shape(dsn: str) -> dict[str, list[str]]:
    """Every column, constraint and index of our schemas, as PostgreSQL itself words them."""
    connection = await asyncpg.connect(dsn)
    try:
        found = {}
        for kind, query in {
            "columns": """
                SELECT format('%s.%s %s %s %s %s', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
                    a.attnotnull, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
                FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
                WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text = any($1::text[])""",
            "constraints": """
                SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
                WHERE connamespace::regnamespace::text = any($1::text[]) AND contype <> 'n'""",
            "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = any($1::text[])",
        }.items():
            found[kind] = sorted(row[0] for row in await connection.fetch(query, list(SCHEMAS)))
        return found
    finally:
        await connection.close()


async def test_alembic_finds_no_difference_between_the_database_and_the_models(dsn: str) -> None:
    def differences(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection, opts=run.COMPARISON), metadata)

    assert await in_sqlalchemy(dsn, differences) == []


async def test_columns_constraints_and_indexes_are_the_models_to_the_letter(dsn: str, server: str) -> None:
    """Alembic does not look at CHECKs, nor at what a generated column is generated from."""

    def create(connection: Connection) -> None:
        for schema in SCHEMAS:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        run.execute(connection, WORDS.read_text())
        metadata.create_all(connection)

    async with empty(server) as created:
        await in_sqlalchemy(created, create)
        expected, found = await shape(created), await shape(dsn)
    assert found == expected
    assert any("ck_evaluation_satisfaction CHECK" in constraint for constraint in found["constraints"])
    assert {kind: len(rows) > 30 for kind, rows in found.items()} == dict.fromkeys(found, True)


async def test_migrating_a_migrated_database_changes_nothing(fresh: str) -> None:
    before = await shape(fresh)
    await run.upgrade(fresh)
    connection = await asyncpg.connect(fresh)
    try:
        assert [row[0] for row in await connection.fetch("SELECT version_num FROM public.migration")] == [run.head()]
    finally:
        await connection.close()
    assert await shape(fresh) == before


async def test_two_upgrades_in_one_process_do_not_meet(server: str) -> None:
    async with empty(server) as one, empty(server) as other:
        await asyncio.gather(run.upgrade(one), run.upgrade(other))
        assert await shape(one) == await shape(other)
        assert (await shape(one))["columns"]


async def test_processes_that_migrate_at_once_all_succeed(server: str) -> None:
    async with empty(server) as one, empty(server) as other:
        said = await asyncio.gather(*(migrate(dsn) for dsn in (one, one, one, other)))
        assert said == [(0, f"The database is at revision {run.head()}.\n")] * 4
        assert await shape(one) == await shape(other)


async def migrate(dsn: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "commands.migrate",
        cwd=ROOT,
        env={"COHORTE_DATABASE_URL": dsn, "PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode, output.decode()
    finally:
        if process.returncode is None:
            process.kill()


async def test_a_failed_migration_leaves_nothing_behind(server: str) -> None:
    async with empty(server) as dsn:
        await run_statement(dsn, "create schema identity")
        with pytest.raises(Exception, match='schema "identity" already exists'):
            await run.upgrade(dsn)
        assert await shape(dsn) == {"columns": [], "constraints": [], "indexes": []}
        connection = await asyncpg.connect(dsn)
        try:
            assert await connection.fetchval("SELECT to_regnamespace('catalog')") is None
        finally:
            await connection.close()


async def test_a_database_may_have_unaccent_elsewhere_already(server: str) -> None:
    async with empty(server) as dsn:
        await run_statement(dsn, "create schema extras; create extension unaccent with schema extras")
        await run.upgrade(dsn)
        connection = await asyncpg.connect(dsn)
        try:
            assert await connection.fetchval("SELECT catalog.words_in('Sclérose')::text") == "'sclerose':1"
        finally:
            await connection.close()


def test_every_model_stands_in_one_of_the_schemas() -> None:
    assert {table.schema for table in metadata.sorted_tables} == set(SCHEMAS)
