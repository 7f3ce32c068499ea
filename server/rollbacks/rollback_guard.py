"""Compares the ledger with its head outside the database, to publish nothing from a database that was rolled back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from models.database import Connection
from models.messages import Message, message
from resolvers.insight import ledger
from resolvers.insight.ledger import EMPTY, Head
from resolvers.jobs import Suspended
from server.databases.outages import is_due
from server.rollbacks.head_places import HeadPlace, PlaceFailed, places_of
from server.rollbacks.legacy_heads import LegacyHead
from server.rollbacks.stored_heads import NextHead, StoredHead

T = TypeVar("T")

log = logging.getLogger("cohorte.ledger")

SEE = "Reading and all else goes on. See docs/operating.md on the ledger's head."


class PublishingSuspended(Suspended):
    """Nothing may be published; the text, which is for operators, says why and what to do."""

    shown: Message = message("Publishing is suspended. Operators have to look at the server's log.")


class LedgerRolledBack(PublishingSuspended):
    """The database's ledger lacks entries that were published."""

    shown = message(
        "Publishing is suspended: the database lacks results that were published. Operators have to restore it."
    )


class HeadMissing(PublishingSuspended):
    """The ledger has entries, and no place has its head: nothing shows whether later entries were lost."""

    shown = message(
        "Publishing is suspended: nothing shows whether the database lacks results that were published. Operators have "
        "to look."
    )


class HeadNotStored(PublishingSuspended):
    """The head cannot be read or stored in every place."""

    shown = message(
        "Publishing is suspended: the head of the public ledger cannot be stored outside the database. Operators have "
        "to look."
    )


@dataclass(frozen=True)
class IntactLedger:
    """A ledger that lacks nothing: its id, its head, and what the places have, in their order."""

    id: UUID
    head: Head
    stored: Sequence[StoredHead | None]


def guard_of(database_url: str, folder: Path, addresses: Sequence[str]) -> "RollbackGuard":
    """The guard of a database, with the places of the settings."""
    return RollbackGuard(places_of(folder, addresses), LegacyHead(folder, database_url))


class RollbackGuard:
    """Stores the ledger's head in all places before each transaction that appends to it commits.

    All stores are made while the transaction holds the ledger's lock, so they are in the ledger's order, whichever
    process makes them.
    """

    def __init__(self, places: Sequence[HeadPlace], legacy: LegacyHead | None = None) -> None:
        self.places, self.legacy = places, legacy
        self.noted: dict[str, float] = {}  # when each fault was logged last

    async def check(self, connection: Connection) -> IntactLedger:
        """Compares the ledger with the heads in all places. Raises PublishingSuspended, which it has logged."""
        try:
            return await self._check(connection, await ledger.head(connection))
        except PublishingSuspended as suspended:
            self.note(suspended)
            raise

    async def check_what_is_known(self, connection: Connection) -> None:
        """As `check`, with the places that can be read, if one of them has a head: for work that publishes nothing.

        Their heads may be older than those that cannot be read, so whatever publishes afterwards checks all.
        """
        try:
            await self._check(connection, await ledger.head(connection), needs_all=False)
        except PublishingSuspended as suspended:
            self.note(suspended)
            raise

    @asynccontextmanager
    async def guarded(self, connection: Connection) -> AsyncIterator[Connection]:
        """A transaction that may append to the ledger. Raises PublishingSuspended, and is rolled back."""
        async with connection.transaction():
            before = (await self.check(connection)).head  # before anything is counted for an entry that cannot be made
            yield connection
            appended = await self.announce(connection, before)
        if appended:
            await self.settle(connection)

    async def announce(self, connection: Connection, before: Head) -> bool:
        """Stores the head that the ledger will have: to be called last in a transaction. Whether there is another.

        `before` is the head at the transaction's begin. Raises PublishingSuspended, which it has logged.
        """
        head = await ledger.head(connection)
        if head == before:
            return False
        await ledger.lock(connection)  # which it has, unless another has appended
        next = NextHead(head, await ledger.transaction_of(connection), await ledger.dataset_count(connection))
        try:
            checked = await self._check(connection, before)
            last = max([before, *(one.head for one in checked.stored if one)], key=lambda known: known.position)
            await self._store(checked.id, StoredHead(last, next))
        except PublishingSuspended as suspended:
            self.note(suspended)
            raise
        return True

    async def settle(self, connection: Connection) -> None:
        """Stores the head as it is, where it is not; unless somebody else appends, who does the same.

        Its faults are only logged: whoever appends next meets them before anything is published.
        """
        try:
            async with connection.transaction():
                if await ledger.try_lock(connection):
                    checked = await self._check(connection, await ledger.head(connection))
                    head = StoredHead(checked.head, datasets=await ledger.dataset_count(connection))
                    await self._store(checked.id, head, checked.stored)
        except PublishingSuspended as suspended:
            self.note(suspended)

    async def store(self, connection: Connection) -> Head:
        """Stores the head as it is, whatever the places have; the head. Raises HeadNotStored.

        For operators, who have confirmed it or accepted what it lacks.
        """
        async with connection.transaction():
            await ledger.lock(connection)
            head = await ledger.head(connection)
            stored = StoredHead(head, datasets=await ledger.dataset_count(connection))
            await self._store(await ledger.identity(connection), stored)
        return head

    def note(self, suspended: PublishingSuspended) -> None:
        """Logs a fault, once a minute."""
        text = str(suspended)
        if is_due(self.noted, text):
            log.error("%s", text)

    async def _check(self, connection: Connection, head: Head, *, needs_all: bool = True) -> IntactLedger:
        """As `check`; `head` is the last that was committed."""
        id = await ledger.identity(connection)
        stored = await everywhere([place.read(id) for place in self.places], needs_all=needs_all)
        known = [one for one in stored if one is not None]
        if not known and self.legacy is not None:
            [older] = await everywhere([self.legacy.read()])
            known = [older] if older is not None else []
        if not known and head != EMPTY:
            raise HeadMissing(
                f"The public ledger has {head.position:,} entries, and its head is stored nowhere outside the database "
                f"({'; '.join(place.name for place in self.places)}). Nothing shows whether the database was rolled "
                "back, so nothing is published. If the last entry is known from elsewhere, confirm it; if not, accept "
                f"a loss: python -m commands.ledger. {SEE}"
            )
        for one in known:
            await self.expect(connection, one)
        return IntactLedger(id, head, stored)

    async def expect(self, connection: Connection, stored: StoredHead) -> None:
        """Raises LedgerRolledBack if the ledger lacks a head."""
        lost = None if await ledger.contains(connection, stored.head) else stored.head
        next = stored.next
        if lost is None and next is not None and not await ledger.contains(connection, next.head):
            is_open = await ledger.was_never_committed(connection, next.transaction)
            # It may have been committed between the two.
            lost = None if is_open or await ledger.contains(connection, next.head) else next.head
        if lost is not None:
            raise LedgerRolledBack(
                f"The database's ledger lacks entry {lost.position:,}, which was published. Privacy budget that is "
                "already spent could be spent again, so nothing is published. Restore a more recent backup of the "
                f"database. If there is none, accept the loss with python -m commands.ledger. {SEE}"
            )

    async def _store(self, id: UUID, head: StoredHead, known: Sequence[StoredHead | None] = ()) -> None:
        """Stores a head in every place, but in those that are known to have it."""
        known = known or [None] * len(self.places)
        lacking = [place for place, stored in zip(self.places, known, strict=True) if stored != head]
        await everywhere([place.store(id, head) for place in lacking])
        if self.legacy is not None:
            await self.legacy.retire()


async def everywhere(works: Sequence[Coroutine[Any, Any, T]], *, needs_all: bool = True) -> list[T]:
    """The results of reading from places, or of storing in them, at once. Raises HeadNotStored with all that failed.

    Unless it `needs_all`, it leaves out what failed if another has a result that is not None.
    """
    results = await asyncio.gather(*works, return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    if unexpected := [error for error in failed if not isinstance(error, PlaceFailed)]:
        raise unexpected[0]
    succeeded = [result for result in results if not isinstance(result, BaseException)]
    if failed and (needs_all or all(result is None for result in succeeded)):
        raise HeadNotStored(
            "The head of the public ledger cannot be stored outside the database, so nothing is published: "
            f"{'; '.join(map(str, failed))}. {SEE}"
        )
    return succeeded
