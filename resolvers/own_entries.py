"""Finds the viewer's own rows, and checks the names and the number of their own indicators and treatments."""

from uuid import UUID

import asyncpg

from models.database import Connection
from models.messages import Message
from models.viewers import Viewer
from resolvers.faults import Faults
from resolvers.texts import as_seen
from resolvers.transactions import line_within, member_of, not_found, taken

NAME_LENGTH = 80


async def own_row(connection: Connection, viewer: Viewer, table: str, id: UUID) -> asyncpg.Record:
    """The viewer's row of `care.{table}`, locked until the transaction ends.

    Raises Forbidden if the viewer is not a member, and Refused: NOT_FOUND at the parameter that bears the table's name.
    """
    found = await connection.fetchrow(
        f"SELECT * FROM care.{table} WHERE id = $1 AND member_id = $2 FOR UPDATE",  # noqa: S608 - ours
        id,
        member_of(viewer),
    )
    if found is None:
        raise not_found(table)
    return found


def own_name_in(text: str) -> str:
    """Raises Refused: INVALID and TOO_LONG for the name."""
    return line_within(text, NAME_LENGTH, "name")


async def refuse_used(
    connection: Connection,
    faults: Faults,
    table: str,
    member: UUID,
    name: str,
    used: Message,
    *,
    besides: UUID | None = None,
) -> int:
    """Adds TAKEN if a name of another row of the member looks the same in any case; the number of their other rows."""
    # One at a time for each member: two requests at once would both find room for the last.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{table} of {member}")
    found = await connection.fetch(
        f"SELECT name FROM care.{table} WHERE member_id = $1 AND id IS DISTINCT FROM $2",  # noqa: S608 - ours
        member,
        besides,
    )
    if as_seen(name) in {as_seen(other["name"]) for other in found}:
        faults.add(*taken(used, "name").refusals)
    return len(found)


async def rename_own(
    connection: Connection, viewer: Viewer, faults: Faults, table: str, id: UUID, name: str, used: Message
) -> UUID:
    """Renames a row of the viewer, and returns its id.

    Raises Forbidden if the viewer is not a member, and Refused: NOT_FOUND, INVALID and TOO_LONG for the name, TAKEN for
    the name of another of theirs.
    """
    with faults.collected():
        await own_row(connection, viewer, table, id)
    with faults.collected():
        name = own_name_in(name)
    await refuse_used(connection, faults, table, member_of(viewer), name, used, besides=id)
    faults.refuse()
    await connection.execute(f"UPDATE care.{table} SET name = $2 WHERE id = $1", id, name)  # noqa: S608 - ours
    return id


async def delete_own(connection: Connection, viewer: Viewer, table: str, id: UUID) -> UUID:
    """Deletes a row of the viewer with what belongs to it, and returns its id. Raises as `own_row` does."""
    await own_row(connection, viewer, table, id)
    await connection.execute(f"DELETE FROM care.{table} WHERE id = $1", id)  # noqa: S608 - ours
    return id


async def expect_entry_of(connection: Connection, table: str, id: UUID) -> None:
    """Raises Refused: NOT_FOUND at `into` unless `catalog.{table}` offers the entry."""
    offered = f"SELECT EXISTS (SELECT FROM catalog.{table} WHERE id = $1 AND retired_on IS NULL)"  # noqa: S608 - ours
    if not await connection.fetchval(offered, id):
        raise not_found("into")
