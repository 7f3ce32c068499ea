"""Inserts a row from given values, defaults and parent rows."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from itertools import count
from typing import Any, TypeAlias

import asyncpg

from models.columns import Table

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
numbers = count(1)
Maker = Callable[..., Awaitable[asyncpg.Record]]


async def fake(
    connection: Connection,
    table: type[Table],
    given: Mapping[str, Any],
    parents: Mapping[str, Maker] | None = None,
    **filled: Any,
) -> asyncpg.Record:
    """Inserts a row and returns it as stored; a parent is inserted for each reference that is not given."""
    values = {**filled, **given}
    for column, maker in (parents or {}).items():
        if column not in values:
            values[column] = (await maker(connection))["id"]
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    target = table.__table__.fullname  # type: ignore[attr-defined]
    row = await connection.fetchrow(
        f"INSERT INTO {target} ({names}) VALUES ({places}) RETURNING *",
        *(json.dumps(value) if isinstance(value, dict) else value for value in values.values()),
    )
    assert isinstance(row, asyncpg.Record)
    return row


async def row_of(connection: Connection, query: str, *values: Any) -> asyncpg.Record:
    row = await connection.fetchrow(query, *values)
    assert isinstance(row, asyncpg.Record)
    return row


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
