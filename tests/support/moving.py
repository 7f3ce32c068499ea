"""Moves members' rows of what has merged, as scheduled work does, without its pauses."""

from uuid import UUID

from models.database import Connection
from models.insight.datasets import FREEZING_PARTS
from resolvers.jobs import MOVED_AT_ONCE


async def move(connection: Connection, function: str, id: UUID, most: int = MOVED_AT_ONCE) -> list[int]:
    """Moves a community's members, or the rows of an entry of the catalogue. How many pieces each part took."""
    pieces = [0] * FREEZING_PARTS
    for part in range(FREEZING_PARTS):
        after: UUID | None = None
        while after is not None or pieces[part] == 0:
            after = await connection.fetchval(f"SELECT {function}($1, $2, $3, $4)", id, part, after, most)
            pieces[part] += 1
    return pieces


async def move_members(connection: Connection, community: UUID, most: int = MOVED_AT_ONCE) -> list[int]:
    return await move(connection, "care.move_members", community, most)


async def move_entry(connection: Connection, entry: UUID, most: int = MOVED_AT_ONCE) -> list[int]:
    return await move(connection, "care.move_entry", entry, most)
