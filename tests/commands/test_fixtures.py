"""The database fixtures: clones of the template are isolated from one another."""

import asyncpg

TABLES = "select count(*) from pg_tables where schemaname in ('catalog', 'identity', 'care', 'research', 'insight')"


async def value(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_a_fresh_database_is_migrated_seeded_and_used_by_one_test(dsn: str, fresh: str) -> None:
    assert await value(fresh, TABLES) == await value(dsn, TABLES) != 0
    assert await value(fresh, "select count(*) from care.member") == await value(
        dsn, "select count(*) from care.member"
    )
    await value(fresh, "create table care.note as select 1")
    assert await value(fresh, "select to_regclass('care.note') is not null") is True
    assert await value(dsn, "select to_regclass('care.note') is not null") is False


async def test_writes_of_the_admin_fixture_are_rolled_back(admin: asyncpg.Connection, dsn: str) -> None:
    await admin.execute("create table care.note as select 1")
    assert await value(dsn, "select to_regclass('care.note') is not null") is False
