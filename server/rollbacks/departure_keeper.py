"""Stores erasures and withdrawn consents outside the database, and repeats those that a restored backup has undone."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from models.database import Connection
from resolvers.jobs import Suspended
from resolvers.research import departures
from resolvers.research.departures import Departures
from server.databases.outages import is_due
from server.rollbacks.head_places import HeadUnreadable, PlaceFailed, TextPlace, places_of

log = logging.getLogger("cohorte.departures")

DigestsByLineage = Mapping[str, frozenset[bytes]]  # by the lineage of the database that stored them
DIGEST_BYTES = 16
LOCK = "cohorte.departures"  # of the scheduler that stores them
STORING = "cohorte.departures.storing"  # of whoever reads, merges and stores: each would replace what another adds


class DeparturesUnknown(Suspended):
    """The digests cannot be read or stored; the text, which is for operators, says where."""


@dataclass(frozen=True)
class Stored:
    """What the places have of a database: the text, and the summary of the digests that it had then."""

    id: UUID
    summary: bytes
    text: bytes


class DepartureKeeper:
    """Keeps the digests of a database and those of the places the same; each place has all that any database stored."""

    def __init__(self, places: Sequence[TextPlace]) -> None:
        self.places = places
        self.stored: Stored | None = None
        self.noted: dict[str, float] = {}  # when each fault was logged last

    async def begin(self, connection: Connection) -> None:
        """To be called before anything is served. Raises DeparturesUnknown for a restored database without its places.

        Otherwise a place that fails is logged, and the job tries it again.
        """
        try:
            await self.synchronize(connection)
        except DeparturesUnknown:
            if (await departures.read(connection)).restored:
                raise

    async def keep(self, connection: Connection) -> None:
        """The periodic job: stores what is new or lost. Raises DeparturesUnknown, which it has logged."""
        present = await departures.present(connection)
        if self.stored is None or present != self.stored.summary or not await self._is_stored(self.stored):
            await self.synchronize(connection)

    async def _is_stored(self, stored: Stored) -> bool:
        """Whether each place still has the text: another process may have replaced it, or somebody lost it."""
        try:
            return set(await self._texts(stored.id)) == {stored.text}
        except PlaceFailed:
            return False

    async def synchronize(self, connection: Connection) -> None:
        """Repeats what the database lacks, then stores what the places lack. Raises DeparturesUnknown."""
        try:
            async with alone(connection):
                await self._synchronize(connection)
        except PlaceFailed as failed:
            text = (
                "Erasures and withdrawn consents cannot be stored outside the database, and a restored backup could "
                f"undo them: {failed}. See docs/operating.md on backup and restore."
            )
            if is_due(self.noted, text):
                log.error("%s", text)
            raise DeparturesUnknown(text) from None

    async def _synchronize(self, connection: Connection) -> None:
        found = await departures.read(connection)
        documents = await self._texts(found.id)
        known = merged(parsed(text, place.name) for text, place in zip(documents, self.places, strict=True) if text)
        fillers = frozenset(found.fillers)
        lacking = {lineage: digests - found.digests - fillers for lineage, digests in known.items()}
        # A database that goes on where it was is to lack nothing of its own. What others have stored is a copy's.
        due = lacking if found.restored or found.stored_by is None else {found.lineage: lacking.get(found.lineage, ())}
        missing = frozenset(digest for digests in due.values() for digest in digests)
        if missing or found.stored_by != found.lineage:
            erased, withdrawn = await departures.depart_again(connection, missing, found.lineage)
            if missing:
                log.warning(
                    "the database was restored from a backup: %d members were erased and %d consents withdrawn again",
                    erased,
                    withdrawn,
                )
                log.warning(
                    "sessions, codes and API keys that were ended since the backup are valid again: run "
                    "python -m commands.restored"
                )
        elif any(lacking.values()):
            log.error(
                "another database, such as a copy of this one, stores its erasures in the same places. Give it a "
                "COHORTE_DATA and COHORTE_LEDGER_HEADS of its own"
            )
        text = document(found, known, missing)
        await asyncio.gather(
            *(
                place.store_text("departures", found.id, text)
                for place, stored in zip(self.places, documents, strict=True)
                if stored is None or stored.decode() != text
            )
        )
        self.stored = Stored(found.id, departures.summary(found.digests | missing), text.encode())

    async def _texts(self, id: UUID) -> list[bytes | None]:
        return await asyncio.gather(*(place.read_text("departures", id) for place in self.places))


@asynccontextmanager
async def alone(connection: Connection) -> AsyncIterator[None]:
    """What is done within, one process of those that share the database does at a time."""
    await connection.execute("SELECT pg_advisory_lock(hashtext($1))", STORING)
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", STORING)


def keeper_of(folder: Path, addresses: Sequence[str]) -> DepartureKeeper:
    """The keeper with the places of the ledger's head."""
    return DepartureKeeper(places_of(folder, addresses))


def document(found: Departures, known: DigestsByLineage, missing: frozenset[bytes]) -> str:
    """What the places have to store: nothing is ever left out, and the number of the database's own is made coarse."""
    fillers = frozenset(found.fillers)
    elsewhere = frozenset(digest for lineage, each in known.items() if lineage != found.lineage for digest in each)
    own = (known.get(found.lineage, frozenset()) | found.digests | missing) - fillers - elsewhere
    padded = own | frozenset(found.fillers[: -len(own) % len(found.fillers)])
    written = {**known, found.lineage: padded}
    return json.dumps({lineage: sorted(digest.hex() for digest in written[lineage]) for lineage in sorted(written)})


def merged(documents: Iterable[DigestsByLineage]) -> dict[str, frozenset[bytes]]:
    """All digests of several documents."""
    found: dict[str, frozenset[bytes]] = {}
    for one in documents:
        for lineage, digests in one.items():
            found[lineage] = found.get(lineage, frozenset()) | digests
    return found


def parsed(text: bytes, place: str) -> DigestsByLineage:
    """The digests in a text that `document` has returned. Raises HeadUnreadable for any other text."""
    try:
        found = {
            str(lineage): frozenset(bytes.fromhex(digest) for digest in digests)
            for lineage, digests in json.loads(text).items()
        }
        if any(len(digest) != DIGEST_BYTES for digests in found.values() for digest in digests):
            raise ValueError
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise HeadUnreadable(f"{place} has something else than digests") from None
    return found
