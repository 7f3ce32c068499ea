"""Prepared statements: kept from their second run on, and bounded by the length of their text."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from models.logins import open_roles, pool
from models.statements import LARGEST, MOST_CHARACTERS
from models.viewers import Audience

Lent = asyncpg.pool.PoolConnectionProxy
PREPARED = "SELECT statement FROM pg_prepared_statements"


@pytest_asyncio.fixture
async def connection(fresh: str) -> AsyncIterator[Lent]:
    """Yields a connection of the public view's pool."""
    await open_roles(fresh)
    opened = await pool(fresh, Audience.PUBLIC, 1, 30)
    async with opened.acquire() as lent:
        yield lent
    await opened.close()


async def prepared(connection: Lent) -> list[str]:
    """What PostgreSQL keeps prepared for the connection, but this question."""
    return [row["statement"] for row in await connection.fetch(PREPARED) if row["statement"] != PREPARED]


async def test_a_statement_is_kept_from_its_second_run_on(connection: Lent) -> None:
    for kept in ([], ["SELECT $1::int"], ["SELECT $1::int"]):
        assert await connection.fetchval("SELECT $1::int", 7) == 7
        assert await prepared(connection) == kept


async def test_a_large_statement_is_never_kept(connection: Lent) -> None:
    large = "SELECT 1 --" + "x" * LARGEST
    for _ in range(3):
        assert await connection.fetchval(large) == 1
    assert await prepared(connection) == []


async def test_the_least_recently_used_are_given_up(connection: Lent) -> None:
    length = LARGEST - 100
    texts = [f"SELECT {number} --".ljust(length, "x") for number in range(20)]
    for number, text in enumerate(texts):
        for _ in range(2):
            assert await connection.fetchval(text) == number
        assert await connection.fetchval(texts[0]) == 0
        kept = await prepared(connection)
        assert sum(map(len, kept)) <= MOST_CHARACTERS + length  # what is given up is closed by the next statement
    kept = [text for text in await prepared(connection) if len(text) == length]
    assert texts[0] in kept
    assert texts[-1] in kept
    assert len(kept) == MOST_CHARACTERS // length


async def test_a_statement_whose_result_has_changed_is_prepared_again(fresh: str, connection: Lent) -> None:
    owner = await asyncpg.connect(fresh)
    await owner.execute("CREATE TABLE changing AS SELECT 1 AS a; GRANT SELECT ON changing TO PUBLIC")
    await owner.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    for _ in range(3):
        assert [tuple(row) for row in await connection.fetch("SELECT * FROM public.changing")] == [(1,)]
    await owner.execute("ALTER TABLE changing ADD b text DEFAULT 'b'")
    await owner.close()
    assert [tuple(row) for row in await connection.fetch("SELECT * FROM public.changing")] == [(1, "b")]
