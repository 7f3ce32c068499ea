"""Appends to the public ledger, reads its head, and verifies it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from models.database import HISTORY, Connection
from privacy.chain import GENESIS, UNSALTED, VERSION, ChainEntry, broken_at, commitment_of, hash_of

Begin: TypeAlias = Callable[[Connection], AbstractAsyncContextManager[Any]]  # a transaction that may append entries


def begun(connection: Connection) -> AbstractAsyncContextManager[Any]:
    """A transaction that nobody guards: for networks without a server."""
    return connection.transaction()


@dataclass(frozen=True)
class NewEntry:
    """A ledger entry before it has a position; `organization` is None for Cohorte's own uses.

    `dataset` is None for a release of counts, which belongs to none, and `community` for counts of the network.
    `release` and `commitment` are None for a link to the results of the use in the entry at `results_of`.
    """

    release: UUID | None
    dataset: UUID | None
    dataset_title: str
    community: UUID | None
    purpose: str
    variables: tuple[str, ...]  # names
    micro_rho: int
    commitment: bytes | None  # to the noisy cells, with the salt that is stored with the release
    purpose_kind: str | None = None
    organization: UUID | None = None
    organization_name: str | None = None
    demonstration: bool = False
    results_of: int | None = None
    results_url: str | None = None


@dataclass(frozen=True)
class Head:
    """The position and hash of the ledger's last entry; position 0 if it is empty."""

    position: int
    hash: bytes


EMPTY = Head(0, GENESIS)
LOCK = "hashtext('cohorte.ledger')"


async def head(connection: Connection) -> Head:
    """The head of the ledger as the transaction sees it, with the entries that it has appended itself."""
    last = await connection.fetchrow("SELECT position, hash FROM insight.ledger_entry ORDER BY position DESC LIMIT 1")
    return EMPTY if last is None else Head(last["position"], last["hash"])


async def identity(connection: Connection) -> UUID:
    """The ledger's own id, which it keeps in every backup and under every address of its database."""
    id: UUID = await connection.fetchval("SELECT id FROM insight.ledger")
    return id


async def is_sandbox(connection: Connection) -> bool:
    """Whether the database is a sandbox, of which all data are synthetic."""
    return bool(await connection.fetchval("SELECT insight.is_sandbox()"))


async def dataset_count(connection: Connection) -> int:
    """How many datasets there are, as the transaction sees them: none is ever deleted."""
    count: int = await connection.fetchval("SELECT count(*) FROM insight.dataset")
    return count


async def contains(connection: Connection, known: Head) -> bool:
    """Whether the ledger has the entry `known`. It does not if the database was restored from an older backup."""
    if known.position == 0:
        return True
    found = "SELECT hash FROM insight.ledger_entry WHERE position = $1"
    return bool(await connection.fetchval(found, known.position) == known.hash)


async def lock(connection: Connection) -> None:
    """Waits until no other transaction appends; none does until this one ends, which is durable if it commits."""
    # With a cluster that does not wait for its disk or its standbys by default, an entry could be lost that was read.
    await connection.execute(
        f"""
        SELECT pg_advisory_xact_lock({LOCK}), set_config('synchronous_commit',
            CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)
        """
    )


async def try_lock(connection: Connection) -> bool:
    """As `lock`, unless another transaction has it: whether it was free. Does not wait."""
    taken: bool = await connection.fetchval(f"SELECT pg_try_advisory_xact_lock({LOCK})")
    return taken


async def transaction_of(connection: Connection) -> str:
    """The name of the current transaction, in the history of its database cluster: of no other transaction."""
    name: str = await connection.fetchval(f"SELECT {HISTORY} || ' ' || pg_current_xact_id()::text")
    return name


async def was_never_committed(connection: Connection, transaction: str) -> bool:
    """Whether a transaction that `transaction_of` has named is known not to have committed, at least not yet.

    False after the database has taken another course: it was restored, or a standby was promoted.
    """
    history, _, number = transaction.rpartition(" ")
    found: bool = await connection.fetchval(
        f"""
        SELECT {HISTORY} = $1 AND CASE WHEN $2::text::xid8 <= pg_current_xact_id()
            THEN coalesce(pg_xact_status($2::text::xid8) IN ('aborted', 'in progress'), false) ELSE false END
        """,
        history, number,
    )  # fmt: skip
    return found


async def append(connection: Connection, entries: Sequence[NewEntry], at: datetime | None = None) -> None:
    """Appends entries in order; `at` is their time, if not now.

    To be called last in a transaction: all other transactions that publish wait from here until its end.
    """
    # Locks are taken in a fixed order: the dataset, licences, the ledger. A holder of this one waits for no other.
    await lock(connection)
    last = await head(connection)
    moment: datetime = at or await connection.fetchval("SELECT clock_timestamp()")
    rows = []
    for new in entries:
        entry = ChainEntry(
            version=VERSION,
            position=last.position + 1,
            release_id=new.release,
            dataset_id=new.dataset,
            dataset_title=new.dataset_title,
            community_id=new.community,
            organization_id=new.organization,
            organization_name=new.organization_name,
            purpose=new.purpose,
            variables=new.variables,
            micro_rho=new.micro_rho,
            commitment=new.commitment,
            published_at=moment,
            previous_hash=last.hash,
            purpose_kind=new.purpose_kind,
            results_of=new.results_of,
            results_url=new.results_url,
        )
        last = Head(entry.position, hash_of(entry))
        rows.append((
            entry.position, new.release if new.dataset else None, None if new.dataset else new.release, new.dataset,
            new.dataset_title, new.community, new.organization, new.organization_name, new.purpose, list(new.variables),
            new.micro_rho, entry.commitment, moment, entry.previous_hash, last.hash, new.demonstration,
            entry.version, new.purpose_kind, new.results_of, new.results_url,
        ))  # fmt: skip
    await connection.executemany(
        """
        INSERT INTO insight.ledger_entry
            (position, release_id, count_release_id, dataset_id, dataset_title, community_id, organization_id,
             organization_name, purpose, variables, micro_rho, commitment, published_at, previous_hash, hash,
             demonstration, version, purpose_kind, results_of, results_url)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
        """,
        rows,
    )


async def fault(connection: Connection) -> str | None:
    """The first inconsistency of the ledger, in one sentence; None if all entries and charges are right.

    To be called in a repeatable-read transaction: it compares entries with releases and with datasets' budgets.
    """
    rows = await connection.fetch("SELECT * FROM insight.ledger_entry ORDER BY position")
    broken = broken_at((_entry(row), row["hash"]) for row in rows)
    if broken is not None:
        return f"Entry {broken} of the ledger was altered, or does not follow the previous entry."
    async for row in connection.cursor(ENTRIES_WITH_RELEASES):
        if not row["fits"]:
            return f"Entry {row['position']} of the ledger does not match its release."
        if (row["salt"] is None) != (row["version"] == UNSALTED):
            return f"Entry {row['position']} of the ledger: the salt of its release was removed or added."
        if commitment_of(row["salt"], row["noisy"]) != row["commitment"]:
            return f"Entry {row['position']} of the ledger: the noisy cells are not the published ones."
    regrouped = await connection.fetchval(GROUPED_OTHERWISE)
    if regrouped is not None:
        return f"The groups of {regrouped} are not those that the ledger lists."
    unfounded = await connection.fetchval(RESULTS_OF_ANOTHER_USE)
    if unfounded is not None:
        return f"Entry {unfounded} of the ledger links to results of an entry that it does not match."
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
    SELECT l.position, l.version, l.commitment, r.noisy, r.salt,
        (l.dataset_id, l.micro_rho, l.purpose, l.community_id) = (r.dataset_id, r.micro_rho, r.purpose, d.community_id)
        AND l.organization_id IS NOT DISTINCT FROM r.organization_id
        AND (l.version = 1 OR l.purpose_kind IS NOT DISTINCT FROM (
            SELECT k.purpose_kind FROM insight.licence k WHERE k.id = r.licence_id))
        AND l.variables = array(
            SELECT CASE WHEN v.position IS DISTINCT FROM r.measured THEN v.name || v.groups
                WHEN r.counts_id IS NULL THEN 'mean(' || v.name || ')' ELSE 'sum(' || v.name || ')' END
            FROM insight.variable v
            WHERE v.dataset_id = r.dataset_id AND v.position = any(r.variables) ORDER BY v.position
        ) AS fits
    FROM insight.ledger_entry l
    JOIN insight.release r ON r.id = l.release_id
    JOIN insight.dataset d ON d.id = r.dataset_id
    UNION ALL
    SELECT l.position, l.version, l.commitment, c.noisy, c.salt,
        l.micro_rho = c.micro_rho AND l.community_id IS NOT DISTINCT FROM c.community_id AND l.organization_id IS NULL
            AS fits
    FROM insight.ledger_entry l JOIN insight.count_release c ON c.id = l.count_release_id
    ORDER BY position
"""
RESULTS_OF_ANOTHER_USE = """
    SELECT l.position FROM insight.ledger_entry l JOIN insight.ledger_entry u ON u.position = l.results_of
    WHERE u.results_of IS NOT NULL OR (l.community_id, l.dataset_title, l.purpose, l.variables)
            IS DISTINCT FROM (u.community_id, u.dataset_title, u.purpose, u.variables)
        OR (l.organization_id, l.organization_name, l.purpose_kind)
            IS DISTINCT FROM (u.organization_id, u.organization_name, u.purpose_kind)
    ORDER BY l.position LIMIT 1
"""
GROUPED_OTHERWISE = """
    SELECT v.name || v.groups FROM insight.variable v
    WHERE v.groups <> '' AND v.groups IS DISTINCT FROM (
        SELECT '{' || string_agg(array_to_string(c.merges, '&'), '|' ORDER BY c.place) || '}' FROM insight.category c
        WHERE c.dataset_id = v.dataset_id AND c.variable = v.position AND c.code <> 'UNKNOWN')
    ORDER BY v.dataset_id, v.position LIMIT 1
"""
RELEASE_WITHOUT_ENTRY = """
    SELECT r.id FROM insight.release r
    WHERE NOT EXISTS (SELECT FROM insight.ledger_entry l WHERE l.release_id = r.id)
    UNION ALL
    SELECT c.id FROM insight.count_release c
    WHERE NOT EXISTS (SELECT FROM insight.ledger_entry l WHERE l.count_release_id = c.id)
    ORDER BY id LIMIT 1
"""
UNBALANCED_DATASET = """
    SELECT d.id, d.spent_micro_rho, d.sold_micro_rho, charged, bought
    FROM insight.dataset d, LATERAL (
        SELECT coalesce(sum(l.micro_rho), 0) AS charged,
            coalesce(sum(l.micro_rho) FILTER (WHERE l.organization_id IS NOT NULL), 0) AS bought
        FROM insight.ledger_entry l WHERE l.dataset_id = d.id AND NOT insight.is_sandbox()
    ) lines
    WHERE (d.spent_micro_rho, d.sold_micro_rho) <> (charged, bought) ORDER BY d.id LIMIT 1
"""


def _entry(row: asyncpg.Record) -> ChainEntry:
    return ChainEntry(
        version=row["version"],
        position=row["position"],
        release_id=row["release_id"] or row["count_release_id"],
        dataset_id=row["dataset_id"],
        dataset_title=row["dataset_title"],
        community_id=row["community_id"],
        organization_id=row["organization_id"],
        organization_name=row["organization_name"],
        purpose=row["purpose"],
        variables=tuple(row["variables"]),
        micro_rho=row["micro_rho"],
        commitment=row["commitment"],
        published_at=row["published_at"],
        previous_hash=row["previous_hash"],
        purpose_kind=row["purpose_kind"],
        results_of=row["results_of"],
        results_url=row["results_url"],
    )
