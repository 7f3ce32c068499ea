"""The ledger's head outside the database, as tests prepare and read it."""

from pathlib import Path

import asyncpg

from resolvers.insight import ledger
from server.rollbacks.head_places import FolderPlace
from server.rollbacks.stored_heads import StoredHead


async def store_head(dsn: str, folder: Path) -> None:
    """Stores the head as it is, as whoever has filled the database would have done, unless the folder has one."""
    connection = await asyncpg.connect(dsn)
    try:
        await store_head_of(connection, folder)
    finally:
        await connection.close()


async def store_head_of(connection: asyncpg.Connection, folder: Path) -> None:
    """As `store_head`, of the connection's database."""
    if not await connection.fetchval("SELECT to_regclass('insight.ledger') IS NOT NULL"):
        return  # it is empty, or to be migrated first
    id, place = await ledger.identity(connection), FolderPlace(folder)
    if not place.path(id).exists():
        await place.store(id, StoredHead(await ledger.head(connection)))


async def stored_head(connection: asyncpg.Connection, folder: Path) -> ledger.Head:
    """The head that the folder has, of the ledger of the connection's database."""
    stored = await FolderPlace(folder).read(await ledger.identity(connection))
    assert stored is not None
    assert stored.next is None
    return stored.head
