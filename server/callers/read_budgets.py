"""Limits how many members' data one member may read in a day, and counts it in the database in batches."""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from hashlib import blake2b
from uuid import UUID

from cachetools import LRUCache

from models.viewers import Viewer
from planner.declared import PAGE_SIZE
from server.databases.pools import ConnectionPool
from server.operations.errors import RequestError, too_many_members

log = logging.getLogger("cohorte.read_budgets")

FLUSH_SECONDS = 5.0  # between two writes of what was read meanwhile
KNOWN_SECONDS = 30.0  # after which what other processes have counted, the day and care links are looked up again
READERS = 10_000  # that are remembered
SETTLED = 100  # ids that a reader may have before they are forgotten


@dataclass
class Reader:
    """What is known of one member's reading today: whom they have read, as hashes, and how many they may."""

    day: date
    most: int
    seen: set[int]
    exempt: set[str]  # the member, and patients whose diaries they keep
    known_until: float  # on the monotonic clock
    settled: set[str] = field(default_factory=set)  # ids that need no hash: exempt, or among those who are seen

    def new(self, member: UUID, members: set[str]) -> set[int]:
        unsettled = members - self.settled
        if not unsettled:
            return set()
        key = member.bytes
        return {hashed(key, id) for id in unsettled - self.exempt} - self.seen

    def add(self, members: set[str], new: set[int]) -> None:
        self.seen |= new
        if len(self.settled) > SETTLED:
            self.settled = set()
        self.settled |= members

    def takes(self, new: set[int]) -> bool:
        """Whether so many more may be read: as many as are left, or a page as long as anything is left."""
        left = self.most - len(self.seen)
        return not new or (left > 0 and len(new) <= max(left, PAGE_SIZE))


@dataclass
class MemberReads:
    """Counts which members' data each member reads.

    An answer is counted once it is there; one that would exceed the budget is refused. What was counted is written
    every FLUSH_SECONDS, and when the server stops: a process that is killed forgets what it has not written, and
    several processes learn of each other's counts within KNOWN_SECONDS.
    """

    connections: ConnectionPool
    most: int
    most_at_first: int
    readers: LRUCache[UUID, Reader] = field(default_factory=lambda: LRUCache(READERS))
    pending: dict[UUID, set[int]] = field(default_factory=dict)  # not written yet
    refused: set[UUID] = field(default_factory=set)

    async def admit(self, viewer: Viewer, members: set[str]) -> None:
        """Counts the members whose data an answer has. Raises RequestError if they are too many."""
        if members and viewer.member is not None and members != {str(viewer.member)}:
            await self.count(viewer.member, members)

    async def count(self, member: UUID, members: set[str]) -> None:
        reader = self.readers.get(member)
        just_read = reader is None or reader.known_until < time.monotonic()
        if reader is None or just_read:
            reader = await self.look_up(member)
        new = reader.new(member, members)
        if not reader.takes(new) and not just_read:
            reader = await self.look_up(member)  # it may be another day, or a care link may have been accepted
            new = reader.new(member, members)
        # From here on nothing is awaited: requests at the same time are counted one after another.
        if not reader.takes(new):
            left = max(0, reader.most - len(reader.seen))
            if not left:
                self.refused.add(member)
            raise too_many_members(reader.most, left, len(new), end_of(reader.day))
        reader.add(members, new)
        if new:
            self.pending.setdefault(member, set()).update(new)

    async def look_up(self, member: UUID) -> Reader:
        """What the database knows of a member's reading, with what is not written yet."""
        found = await self.connections.run(
            lambda connection: connection.fetchrow("SELECT * FROM identity.readings($1)", member), repeatable=True
        )
        if found is None:  # their account was deleted meanwhile
            return Reader(date.min, 0, set(), {str(member)}, 0.0)
        exempt = {str(member), *found["patients"]}
        most = self.most_at_first if found["is_new"] else self.most
        before = self.readers.get(member)
        seen = set(map(int, found["seen"])) | self.pending.get(member, set())
        if before is not None and before.day == found["day"]:
            seen |= before.seen  # also what is being written now
        reader = Reader(found["day"], most, seen, exempt, time.monotonic() + KNOWN_SECONDS)
        self.readers[member] = reader
        return reader

    async def flush(self) -> None:
        """Writes what was read since the last time; what cannot be written now stays for the next."""
        pending, refused, self.pending, self.refused = self.pending, self.refused, {}, set()
        if not pending and not refused:
            return
        pairs = [(member, one) for member, seen in pending.items() for one in seen]
        try:
            await self.connections.run(
                lambda connection: connection.execute(
                    "SELECT identity.count_readings($1, $2, $3)",
                    [str(member) for member, _ in pairs],
                    [str(one) for _, one in pairs],
                    [str(member) for member in refused],
                ),
                queue_bounded=False,
            )
        except BaseException as error:
            for member, seen in pending.items():
                self.pending.setdefault(member, set()).update(seen)
            self.refused |= refused
            if not isinstance(error, Exception):
                raise
            kind = "database unavailable" if isinstance(error, RequestError) else type(error).__name__
            log.warning("what members have read could not be written: %s", kind)

    async def run(self) -> None:
        """Writes at intervals until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()


def hashed(reader: bytes, member: str) -> int:
    """A number for a member that is another one for each reader, so that stored ones do not show who was read."""
    digest = blake2b(bytes.fromhex(member.replace("-", "")), digest_size=8, key=reader).digest()
    return int.from_bytes(digest, "big", signed=True)


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time_of_day(), UTC)
