"""The only place where the public register is added to, its head read, and the whole of it verified."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from models.database import Connection
from privacy.chain import GENESIS, ChainEntry, broken_at, digest_of, hash_of


@dataclass(frozen=True)
class NewEntry:
    """What one release adds to the register; `organization` is None for the house and the members' own tables."""

    release: UUID
    dataset: UUID
    dataset_title: str
    community: UUID
    purpose: str
    variables: tuple[str, ...]  # names
    micro_rho: int
    noisy: Sequence[int] = field(repr=False)
    organization: UUID | None = None
    organization_name: str | None = None
    demonstration: bool = False


@dataclass(frozen=True)
class Head:
    """The register's last line; position 0 where it has none."""

    position: int
    hash: bytes


EMPTY = Head(0, GENESIS)


async def head(connection: Connection) -> Head:
    """The last line: within a transaction that added to the register, its own."""
    last = await connection.fetchrow("SELECT position, hash FROM insight.ledger_entry ORDER BY position DESC LIMIT 1")
    return EMPTY if last is None else Head(last["position"], last["hash"])


async def contains(connection: Connection, known: Head) -> bool:
    """Whether the register has this line, of this hash: one that was restored from before it has not."""
    if known.position == 0:
        return True
    found = "SELECT hash FROM insight.ledger_entry WHERE position = $1"
    return bool(await connection.fetchval(found, known.position) == known.hash)


async def append(connection: Connection, lines: Sequence[NewEntry], at: datetime | None = None) -> None:
    """Adds these lines, in order; `at` is their moment where it is not now.

    To be called last in a transaction: every other one that publishes waits from here until the transaction's end.
    """
    # The order of locks is the dataset, licences, this one: nobody who holds it waits for another.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.ledger'))")
    last = await head(connection)
    moment: datetime = at or await connection.fetchval("SELECT clock_timestamp()")
    for line in lines:
        entry = ChainEntry(
            position=last.position + 1,
            release_id=line.release,
            dataset_id=line.dataset,
            dataset_title=line.dataset_title,
            community_id=line.community,
            organization_id=line.organization,
            organization_name=line.organization_name,
            purpose=line.purpose,
            variables=line.variables,
            micro_rho=line.micro_rho,
            cells_digest=digest_of(line.noisy),
            published_at=moment,
            previous_hash=last.hash,
        )
        last = Head(entry.position, hash_of(entry))
        await connection.execute(
            """
            INSERT INTO insight.ledger_entry
                (position, release_id, dataset_id, dataset_title, community_id, organization_id, organization_name,
                 purpose, variables, micro_rho, cells_digest, published_at, previous_hash, hash, demonstration)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            """,
            entry.position, line.release, line.dataset, line.dataset_title, line.community, line.organization,
            line.organization_name, line.purpose, list(line.variables), line.micro_rho, entry.cells_digest, moment,
            entry.previous_hash, last.hash, line.demonstration,
        )  # fmt: skip


async def fault(connection: Connection) -> str | None:
    """Where the register does not hold, in one sentence; None where every line and every charge does.

    To be called in a transaction that sees one moment: it compares the lines with what datasets say was spent.
    """
    rows = await connection.fetch("SELECT * FROM insight.ledger_entry ORDER BY position")
    broken = broken_at((_entry(row), row["hash"]) for row in rows)
    if broken is not None:
        return f"Entry {broken} of the ledger was altered, or does not follow the previous entry."
    async for row in connection.cursor(ENTRIES_WITH_RELEASES):
        if not row["fits"]:
            return f"Entry {row['position']} of the ledger does not match its release."
        if digest_of(row["noisy"]) != row["cells_digest"]:
            return f"Entry {row['position']} of the ledger: the noisy cells are not the published ones."
    unwritten = await connection.fetchval(RELEASE_WITHOUT_ENTRY)
    if unwritten is not None:
        return f"The release {unwritten} has no entry in the ledger."
    spent = await connection.fetchrow(UNBALANCED_DATASET)
    if spent is not None:
        return (
            f"The dataset {spent['id']}: its ledger entries add up to {spent['charged']} micro-rho, "
            f"{spent['bought']} of them sold, but it records {spent['spent_micro_rho']} as spent, "
            f"{spent['sold_micro_rho']} of them sold."
        )
    return None


ENTRIES_WITH_RELEASES = """
    SELECT l.position, l.cells_digest, r.noisy,
        (l.dataset_id, l.micro_rho, l.purpose, l.community_id) = (r.dataset_id, r.micro_rho, r.purpose, d.community_id)
        AND l.organization_id IS NOT DISTINCT FROM r.organization_id
        AND l.variables = array(
            SELECT v.name::text FROM insight.variable v
            WHERE v.dataset_id = r.dataset_id AND v.position = any(r.variables) ORDER BY v.position
        ) AS fits
    FROM insight.ledger_entry l
    JOIN insight.release r ON r.id = l.release_id
    JOIN insight.dataset d ON d.id = r.dataset_id
    ORDER BY l.position
"""
RELEASE_WITHOUT_ENTRY = """
    SELECT r.id FROM insight.release r
    WHERE NOT EXISTS (SELECT FROM insight.ledger_entry l WHERE l.release_id = r.id) ORDER BY r.id LIMIT 1
"""
UNBALANCED_DATASET = """
    SELECT d.id, d.spent_micro_rho, d.sold_micro_rho, charged, bought
    FROM insight.dataset d, LATERAL (
        SELECT coalesce(sum(l.micro_rho), 0) AS charged,
            coalesce(sum(l.micro_rho) FILTER (WHERE l.organization_id IS NOT NULL), 0) AS bought
        FROM insight.ledger_entry l WHERE l.dataset_id = d.id
    ) lines
    WHERE (d.spent_micro_rho, d.sold_micro_rho) <> (charged, bought) ORDER BY d.id LIMIT 1
"""


def _entry(row: asyncpg.Record) -> ChainEntry:
    return ChainEntry(
        position=row["position"],
        release_id=row["release_id"],
        dataset_id=row["dataset_id"],
        dataset_title=row["dataset_title"],
        community_id=row["community_id"],
        organization_id=row["organization_id"],
        organization_name=row["organization_name"],
        purpose=row["purpose"],
        variables=tuple(row["variables"]),
        micro_rho=row["micro_rho"],
        cells_digest=row["cells_digest"],
        published_at=row["published_at"],
        previous_hash=row["previous_hash"],
    )
