"""Merges indicators, or treatments, of the catalogue into one."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from models.database import Connection
from models.messages import message
from resolvers.catalogue_entries import MERGED, RETIRED, begin, found_entry
from resolvers.faults import Faults
from resolvers.transactions import invalid, not_found, too_late

EntryRow = Mapping[str, Any]

MERGE = {  # by table
    "indicator": "SELECT catalog.merge_indicator($1, $2)",
    "treatment": "SELECT catalog.merge_treatment($1, $2)",
}


async def merge_entry(
    connection: Connection,
    faults: Faults,
    table: str,
    id: UUID,
    into: UUID,
    expect_fit: Callable[[EntryRow, EntryRow], None],
) -> UUID:
    """Merges an entry of `catalog.{table}` into another one for good, and returns its id. Repeating it changes nothing.

    Members' rows move within two minutes, by scheduled work. Raises Refused: NOT_FOUND, INVALID if the two are one,
    TOO_LATE if the first has merged into another entry or the other one is retired, and what `expect_fit` raises of the
    two rows.
    """
    await begin(connection)
    found = await found_entry(connection, faults, table, id)
    other = await connection.fetchrow(f"SELECT * FROM catalog.{table} WHERE id = $1", into)  # noqa: S608 - ours
    with faults.collected():
        if other is None:
            raise not_found("into")
        if id == into:
            raise invalid(message("It cannot merge into itself."), "into")
        if other["retired_on"] is not None:
            raise too_late(RETIRED, "into")
        if found is not None:
            expect_fit(found, dict(other))
    with faults.collected():
        if found is not None and found["merged_into_id"] not in (None, into):
            raise too_late(MERGED, table)
    faults.refuse()
    await connection.execute(MERGE[table], id, into)
    return id
