"""Compares the public ledger with its head outside the database, on request: `python -m commands.ledger`.

docs/operating.md says when to use it.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from commands.opened import DATABASE
from commands.owner import Connection, NotDone, run
from resolvers.insight import ledger, purposes
from resolvers.insight.insight_requests import dataset_of
from resolvers.insight.ledger import EMPTY, Head
from resolvers.insight.releases import charge_in_full
from server.rollbacks.head_places import HeadPlace, HeadUnreadable, PlaceFailed
from server.rollbacks.rollback_guard import LedgerRolledBack, PublishingSuspended, RollbackGuard, guard_of
from server.rollbacks.stored_heads import HASH_BYTES, StoredHead
from settings import Settings

EMBEDDED = f"postgresql:///{DATABASE}"  # by which an earlier version named the head of an embedded database


def main(arguments: Sequence[str]) -> int:
    """Does what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m commands.ledger",
        description="Compare the public ledger with its head outside the database, and resolve a difference, in the "
        "database of the settings, as its owner.",
    )
    actions = parser.add_subparsers(required=True, dest="action", metavar="ACTION")
    actions.add_parser("show", help="print the last entry, the head in each place, and whether anything is published")
    confirm = actions.add_parser(
        "confirm",
        help="store the head again, where it is lost, of a ledger that has the last entry that is known from elsewhere",
    )
    confirm.add_argument("position", type=int, metavar="POSITION", help="of that entry")
    confirm.add_argument("hash", metavar="HASH", help="of that entry, in hexadecimal")
    actions.add_parser(
        "accept",
        help="go on without entries that are lost: all open datasets are charged in full and end",
    )
    given = parser.parse_args(arguments)

    async def work(connection: Connection) -> None:
        settings = Settings.from_environment(os.environ)
        guard = guard_of(settings.database_url or EMBEDDED, settings.data, settings.ledger_heads)
        try:
            if given.action == "show":
                await show(connection, guard)
            elif given.action == "confirm":
                await confirm_head(connection, guard, given.position, given.hash)
            else:
                await accept(connection, guard)
        except (PublishingSuspended, PlaceFailed) as fault:
            raise NotDone(f"Nothing was changed. {fault}") from None

    return run(work)


async def show(connection: Connection, guard: RollbackGuard) -> None:
    """Prints the ledger's state. Raises NotDone if nothing is published from it."""
    id, head = await ledger.identity(connection), await ledger.head(connection)
    print(f"The ledger {id} has {head.position:,} entries. Hash of the last entry: {head.hash.hex()}")
    for place in guard.places:
        print(f"In {place.name}: {await described(place, id)}.")
    if (older := await legacy_head(guard)) is not None:
        print(f"From an earlier version: {texts_of(older)}.")
    try:
        await guard.check(connection)
    except PublishingSuspended as suspended:
        raise NotDone(str(suspended)) from None
    print("Nothing is missing: insights are published.")


async def described(place: HeadPlace, id: UUID) -> str:
    """What a place has, as the end of a sentence."""
    try:
        stored = await place.read(id)
    except PlaceFailed as failed:
        return f"nothing that can be used, since {failed}"
    return "no head" if stored is None else texts_of(stored)


def texts_of(stored: StoredHead) -> str:
    heads = [stored.head] if stored.next is None else [stored.head, stored.next.head]
    return ", then ".join(f"entry {head.position:,}, {head.hash.hex()}" for head in heads)


async def legacy_head(guard: RollbackGuard) -> StoredHead | None:
    """The head that an earlier version stored, if there is one. Raises PlaceFailed."""
    return None if guard.legacy is None else await guard.legacy.read()


async def confirm_head(connection: Connection, guard: RollbackGuard, position: int, hash: str) -> None:
    """Stores the head in every place. Raises NotDone if the ledger lacks the entry, or one of a place's head."""
    try:
        known = Head(position, bytes.fromhex(hash))
    except ValueError:
        raise NotDone("Nothing was changed: the hash has 64 hexadecimal digits.") from None
    if position < 1 or len(known.hash) != HASH_BYTES or not await ledger.contains(connection, known):
        raise NotDone(
            "Nothing was changed: the ledger has no entry with this position and hash. If it is correct, entries were "
            "lost: restore a more recent backup, or accept the loss."
        )
    for stored in await stored_heads(connection, guard):
        await guard.expect(connection, stored)
    head = await guard.store(connection)
    print(f"The head, entry {head.position:,}, is stored in every place. Insights are published again.")


async def stored_heads(connection: Connection, guard: RollbackGuard) -> list[StoredHead]:
    """The heads in the places, or else that of an earlier version, as a server reads them.

    Raises PlaceFailed if a place cannot be read; what is not a head is ignored.
    """
    id = await ledger.identity(connection)
    found: list[StoredHead] = []
    for place in guard.places:
        with suppress(HeadUnreadable):
            if (stored := await place.read(id)) is not None:
                found.append(stored)
    if not found:
        with suppress(HeadUnreadable):
            if (older := await legacy_head(guard)) is not None:
                found.append(older)
    return found


async def accept(connection: Connection, guard: RollbackGuard) -> None:
    """Charges all open datasets in full, ends them, and stores the head in every place.

    Whatever the lost entries published from these datasets, they have paid for. If a dataset may have been lost, no
    survey that is open becomes one: it may be the same. Raises NotDone if nothing is lost.
    """
    heads = await stored_heads(connection, guard)
    with suppress(LedgerRolledBack):
        for stored in heads:
            await guard.expect(connection, stored)
        if heads or await ledger.head(connection) == EMPTY:
            raise NotDone("Nothing was changed: the ledger has every entry that is known, so none is lost.")
    # Locks are taken in a fixed order: datasets, surveys, the ledger.
    await stop_freezing(connection)
    open_ones = await connection.fetch("SELECT id FROM insight.dataset WHERE status = 'OPEN' ORDER BY id")
    datasets = [await dataset_of(connection, row["id"], lock=True) for row in open_ones]
    surveys = await end_surveys(connection) if await may_lack_datasets(connection, heads) else 0
    charges = [await charge_in_full(connection, dataset, str(purposes.LOST_RESULTS)) for dataset in datasets]
    await ledger.append(connection, [entry for entry in charges if entry is not None])
    for dataset in datasets:
        await connection.execute("SELECT research.end_dataset($1, 'ENDED')", dataset.id)
    # Before the commit: if that fails, the places have a head that the ledger lacks, and nothing is published.
    head = await guard.store(connection)
    if surveys:
        print(f"{surveys:,} surveys were closed without a dataset: each may be one that was lost.")
    charged = sum(entry.micro_rho for entry in charges if entry is not None)
    print(
        f"{len(datasets):,} datasets were charged {charged:,} micro-rho and have ended. The head, entry "
        f"{head.position:,}, is stored in every place. Insights are published again, from new datasets."
    )


async def may_lack_datasets(connection: Connection, heads: Sequence[StoredHead]) -> bool:
    """Whether a head was stored with more datasets than there are, or it is not known with how many."""
    counts = [(stored.next or stored).datasets for stored in heads]
    known = [count for count in counts if count is not None]
    return len(known) < max(1, len(counts)) or max(known) > await ledger.dataset_count(connection)


async def stop_freezing(connection: Connection) -> None:
    """Opens the datasets that are being frozen, which may have been published from, and deletes answers that are left.

    They are charged and end with the others.
    """
    found = await connection.fetch(
        "SELECT id, survey_id FROM insight.dataset WHERE status = 'FREEZING' ORDER BY id FOR NO KEY UPDATE"
    )
    for row in found:
        await connection.execute("DELETE FROM research.freezing WHERE dataset_id = $1", row["id"])
        if row["survey_id"] is not None:
            await delete_answers(connection, row["survey_id"])
        await connection.execute("UPDATE insight.dataset SET status = 'OPEN', progress = 100 WHERE id = $1", row["id"])


async def delete_answers(connection: Connection, survey: UUID) -> None:
    await connection.execute("SELECT research.delete_answers($1, $2, $3)", survey, UUID(int=0), UUID(int=2**128 - 1))


async def end_surveys(connection: Connection) -> int:
    """Closes the surveys that are open or to be frozen, and deletes their answers; how many they are."""
    found = await connection.fetch(
        "SELECT id FROM catalog.survey s WHERE (status = 'OPEN' OR catalog.is_to_freeze(s))"
        " AND NOT EXISTS (SELECT FROM insight.dataset d WHERE d.survey_id = s.id) ORDER BY id FOR UPDATE"
    )
    for row in found:
        await connection.execute("SELECT catalog.close_survey($1)", row["id"])
        await delete_answers(connection, row["id"])
        await connection.execute("UPDATE catalog.survey SET no_dataset = 'LOST' WHERE id = $1", row["id"])
    return len(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
