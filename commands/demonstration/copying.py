"""Drops the indexes of tables before a bulk load and recreates them afterwards."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

CONSTRAINTS = """
select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
where conrelid = $1::regclass and contype in ('p', 'u', 'f') order by contype <> 'p', contype <> 'u', conname
"""
INDEXES = """
select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
where indrelid = $1::regclass
    and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))
order by indexrelid::regclass::text
"""
REFERRED = "select exists (select from pg_constraint where confrelid = $1::regclass and contype = 'f' and conrelid <> confrelid)"


@asynccontextmanager
async def without_indexes(connection: Connection, tables: Iterable[str]) -> AsyncIterator[None]:
    """Drops the tables' indexes and foreign keys, and recreates them, validated, in the same transaction.

    Loading two million rows into a table with its indexes takes ten times as long as creating the indexes afterwards.
    A table that others refer to keeps its primary and unique keys, on which their foreign keys depend.
    """
    back = []
    for table in tables:
        for index in await connection.fetch(INDEXES, table):
            await connection.execute(f"drop index {index['name']}")
            back.append(index["definition"])
        keys_stay = await connection.fetchval(REFERRED, table)
        for constraint in await connection.fetch(CONSTRAINTS, table):
            if not (keys_stay and not constraint["definition"].startswith("FOREIGN KEY")):
                await connection.execute(f'alter table {table} drop constraint "{constraint["name"]}"')
                back.append(f'alter table {table} add constraint "{constraint["name"]}" {constraint["definition"]}')
    yield
    for statement in back:
        await connection.execute(statement)
