"""Moves members' rows of what has merged, as scheduled work does, without its pauses."""

from unittest import mock
from uuid import UUID

from models.database import Connection
from resolvers import jobs


async def move(connection: Connection, function: str, id: UUID) -> None:
    """Moves a community's members, or the rows of an entry of the catalogue."""
    with mock.patch.object(jobs, "MOVING_SECONDS", None):
        await jobs.move_in_pieces(connection, function, id)


async def move_members(connection: Connection, community: UUID) -> None:
    await move(connection, "care.move_members", community)


async def move_entry(connection: Connection, entry: UUID) -> None:
    await move(connection, "care.move_entry", entry)
