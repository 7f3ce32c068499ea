"""Reads erasures and withdrawn consents as digests, and carries out those that a restored backup has undone."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from models.database import HISTORY, Connection


@dataclass(frozen=True)
class Departures:
    """The digests of a database. `stored_by` is the lineage that was noted last, and `lineage` the present one."""

    id: UUID
    digests: frozenset[bytes]
    fillers: tuple[bytes, ...]
    stored_by: str | None
    lineage: str

    @property
    def restored(self) -> bool:
        """Whether the database was restored or cloned, or a standby was promoted, since the lineage was noted."""
        return self.stored_by is not None and self.stored_by != self.lineage


# A table that is restored has another number, in the same database too.
NUMBERS = (
    "(SELECT oid FROM pg_database WHERE datname = current_database()) || ' ' || 'identity.departure'::regclass::oid"
)
LINEAGE = f"SELECT left(encode(sha256(convert_to({HISTORY} || ' ' || {NUMBERS}, 'UTF8')), 'hex'), 16)"


async def read(connection: Connection) -> Departures:
    """All of the database's, as the publisher."""
    row = await connection.fetchrow("SELECT * FROM identity.departures()")
    assert row is not None
    lineage = await connection.fetchval(LINEAGE)
    return Departures(row["id"], frozenset(row["digests"]), tuple(row["fillers"]), row["lineage"], lineage)


def summary(digests: Iterable[bytes]) -> bytes:
    """One digest of many, in whatever order: others, though as many, have another one."""
    return hashlib.sha256(b"".join(sorted(digests))).digest()


async def present(connection: Connection) -> bytes:
    """The summary of the database's digests, as the publisher."""
    found: bytes = await connection.fetchval(
        "SELECT sha256(coalesce(string_agg(digest, '' ORDER BY digest), ''))"
        " FROM identity.departures(), unnest(digests) digest"
    )
    return found


async def depart_again(connection: Connection, digests: Collection[bytes], lineage: str) -> tuple[int, int]:
    """Carries out the erasures and withdrawals that are missing, and notes the lineage; how many of each.

    Each member is a transaction: what interrupts it leaves the rest to the next call.
    """
    given, erased, withdrawn = list(digests), 0, 0
    if given:
        for row in await connection.fetch("SELECT id FROM identity.returned_members($1) AS id", given):
            done = await connection.fetchrow("SELECT * FROM identity.depart_again($1, $2)", row["id"], given)
            assert done is not None
            erased, withdrawn = erased + done["erased"], withdrawn + done["withdrawn"]
    await connection.execute("SELECT identity.note_departures($1, $2)", given, lineage)
    return erased, withdrawn
