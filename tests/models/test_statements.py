"""Prepared statements: kept from their second run on, and bounded by the length of their text."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from graphql import parse

from models.logins import open_roles, pool
from models.statements import LARGEST, MOST_CHARACTERS
from models.viewers import ANYBODY, Audience
from tests.server.test_planning import worst
from tests.support.client import LIMITS, serving

Lent = asyncpg.pool.PoolConnectionProxy
MARK = "marked"  # an alias that stands for another in each document
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


def resident(process: int) -> int:
    """Kilobytes of a process that it shares with no other."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    return sum(int(size) for size in re.findall(r"^(?:Private_Dirty|Private_Clean): +(\d+) kB", text, re.M))


@pytest.mark.slow
async def test_documents_without_end_leave_postgresqls_memory_flat(fresh: str) -> None:
    """The statements of 10,000 distinct documents, each sent twice, one in a hundred of them large."""
    async with serving(fresh, limits=LIMITS, pool_size=2) as ask:
        assert ask.app.endpoint is not None
        view = ask.app.endpoint.views[Audience.PUBLIC]
        small = f"{{ {MARK}: communities(first: 1) {{ nodes {{ name }} }} }}"
        large = re.sub(r"\bx[0-9a-f]{8}(\d+):", rf"{MARK}\1:", worst(25))
        plans = []
        for text in (small, large):
            operation = view.documents.planner.operation(parse(text), None)
            variables = operation.coerce({})
            plan = operation.plan(variables)
            assert plan is not None
            assert MARK in plan.sql
            plans.append((plan.sql, plan.values(variables, ANYBODY)))
        owner = await asyncpg.connect(fresh)
        ours = "application_name = 'cohorte public' AND datname = current_database()"
        processes = [row["pid"] for row in await owner.fetch(f"SELECT pid FROM pg_stat_activity WHERE {ours}")]
        assert processes
        sizes = []
        for number in range(10_000):
            sql, values = plans[number % 100 == 0]
            distinct = sql.replace(MARK, f"x{number:x}")
            for _ in range(2):
                assert await view.connections.read(distinct, values)
            if number % 1_000 == 999:
                sizes.append(max(map(resident, processes)))
        await owner.close()
        # Planning a large statement takes memory that PostgreSQL keeps for the next: some 40 MB. Kept prepared, the
        # hundred large ones would be several hundred.
        assert max(sizes) < 150_000  # kilobytes of one connection
        assert sizes[-1] < 1.2 * sizes[5], sizes
