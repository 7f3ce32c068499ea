"""Keeps answers that change only with watched tables in memory, until one of these tables is written to.

Whoever reads them is served nothing that is older than what they, or anybody by this process, have written, nor than
MOST_SECONDS, whatever becomes of the connection that listens.
"""

import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from sys import getsizeof
from typing import Any
from uuid import UUID

from cachetools import LRUCache

from models.database import TABLE_CHANGED
from models.security.kept_tables import watched_tables
from models.viewers import Viewer
from planner.operations import Plan
from planner.plans import TOO_LARGE
from planner.sources import Sources
from server.databases.listening import Pulse
from server.databases.pools import ConnectionPool

MOST_SECONDS = 1.0  # since the last time for which it is known that all notifications have arrived
ENTRY_BYTES = 800  # of an answer's key and of its places in dictionaries, beside its texts
LARGEST = 20  # an answer that takes more than one of so many parts of the memory is not kept
WATCHED = frozenset(watched_tables())
# Of which equal ones are the same: 1 and 1.0, or two spellings of one instant, may be shown differently.
PLAIN = frozenset({str, int, bool, UUID, date, type(None)})


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, the tables that decide it, and the number of changes that were known before it was read."""

    body: bytes
    tables: frozenset[str]
    known: int
    size: int


class KeptAnswers:
    """The kept answers of all views, bounded by the memory they take; the least recently used are dropped first.

    `rights` has, by view, the statement whose text says what a viewer may read of guarded tables.
    """

    channel = TABLE_CHANGED

    def __init__(self, most_bytes: int, rights: Mapping[str, str], pulse: Pulse) -> None:
        self.most_bytes, self.rights, self.pulse = most_bytes, rights, pulse
        self.answers: LRUCache[tuple[Any, ...], Kept] = LRUCache(most_bytes, getsizeof=lambda kept: kept.size)
        self.changes = 0  # that were told, or may have been missed
        self.changed: dict[str, int] = {}  # by table, the number of the last one
        self.changed_all = 0  # the number of the last one that may be of any table
        self.hits = self.misses = self.drops = 0

    def is_current(self) -> bool:
        """Whether every change has arrived that was committed by this process, or a while ago by another."""
        pulse = self.pulse
        return pulse.has_heard_writes and time.monotonic() - pulse.heard_at < MOST_SECONDS and self.most_bytes > 0

    def find(self, key: tuple[Any, ...]) -> bytes | None:
        """The kept answer, if nothing has changed since it was read."""
        try:
            kept = self.answers[key]
        except KeyError:
            self.misses += 1
            return None
        if not self.is_unchanged(kept.tables, kept.known):
            del self.answers[key]
            self.drops += 1
            self.misses += 1
            return None
        self.hits += 1
        return kept.body

    def keep(self, key: tuple[Any, ...], body: bytes, tables: frozenset[str], known: int) -> None:
        """Keeps an answer that was read when `known` changes were known, unless a change has been told since."""
        if not self.is_unchanged(tables, known) or not is_plain(key):
            return
        size = ENTRY_BYTES + len(body) + sum(map(size_of, key))
        if size <= self.most_bytes // LARGEST:
            self.answers[key] = Kept(body, tables, known, size)

    def is_unchanged(self, tables: frozenset[str], known: int) -> bool:
        """Whether none of these tables has been written to since so many changes were known."""
        if self.changed_all > known:
            return False
        if self.changes == known:
            return True
        changed = self.changed
        return all(changed.get(table, 0) <= known for table in tables)

    async def read(
        self,
        plan: Plan,
        sources: Sources,
        values: Sequence[Any],
        viewer: Viewer,
        pool: ConnectionPool,
        caller: Hashable,
    ) -> str | bytes | None:
        """A statement's answer: the body of a response that was kept, or else the text of the statement.

        `pool` is of the primary. What the viewer may read is asked of the database at each read that depends on it.
        """
        bound = [tuple(value) if type(value) is list else value for value in values]
        key: tuple[Any, ...] = (sources.view, plan.sql, *bound)
        right = None
        if sources.guarded:
            right = self.rights[sources.view]
            key = (*key, await pool.read(right, [viewer.scope], caller))
        found = self.find(key) if right is None or self.is_current() else None
        if found is not None:
            return found
        known = self.changes
        if right is None:
            text = await pool.read(plan.sql, values, caller)
        else:
            # Of one snapshot: the right may have been revoked and granted again since it was asked for.
            async with pool.write(viewer, caller, snapshot=True) as connection:
                key = (*key[:-1], await connection.fetchval(right, viewer.scope))
                text = await connection.fetchval(plan.sql, *values)
        if text is not None and text != TOO_LARGE and not plan.lacks_viewer(text):
            self.keep(key, body_of(plan.sealed(text)), sources.tables, known)
        return text

    def started(self) -> None:
        """From now on every change is received; answers that were kept before may have missed one."""
        self.drop_all()

    def lost(self) -> None:
        self.drop_all()

    def notified(self, connection: object, process: int, channel: str, payload: object) -> None:
        table = str(payload)
        if table in WATCHED:
            self.changes += 1
            self.changed[table] = self.changes
        else:  # after a migration, or malformed
            self.drop_all()

    def drop_all(self) -> None:
        self.changes += 1
        self.changed_all = self.changes
        self.drops += len(self.answers)
        self.answers.clear()


def body_of(text: str) -> bytes:
    """The response with this data."""
    return b'{"data":' + text.encode() + b"}"


def is_plain(value: Any) -> bool:
    return all(map(is_plain, value)) if type(value) is tuple else type(value) in PLAIN


def size_of(value: Any) -> int:
    """The bytes of a part of a key."""
    return getsizeof(value) + (sum(map(size_of, value)) if type(value) is tuple else 0)
