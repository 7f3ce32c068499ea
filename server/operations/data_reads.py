"""Records who read members' data before an answer is sent, and admits answers that have members' data."""

import asyncio
import logging
from dataclasses import dataclass, field

import asyncpg

from models.viewers import Viewer
from planner.marks import unmarked
from server.callers.read_budgets import MemberReads
from server.databases.pools import ConnectionPool
from server.operations.errors import RequestError, unavailable

log = logging.getLogger("cohorte.data_reads")

RECORD = "SELECT identity.record_reads($1, $2, $3, $4, $5)"
# A member, the kind of data, staff or else a relative, and the hash of the document.
RecordedRead = tuple[str, str, str | None, str | None, str]


@dataclass
class DataReads:
    """Adds reads to the trail: one statement at a time, which has all that were made since the last one began.

    The connections are of the database that writes, and nothing else uses them.
    """

    connections: ConnectionPool
    waiting: list[tuple[list[RecordedRead], "asyncio.Future[None]"]] = field(default_factory=list)
    writing: "asyncio.Task[None] | None" = None

    async def record(self, reads: list[RecordedRead]) -> None:
        """Returns once these reads are committed. Raises RequestError if they cannot be written."""
        done = asyncio.get_running_loop().create_future()
        self.waiting.append((reads, done))
        if self.writing is None:
            self.writing = asyncio.create_task(self.write_all())
        await done

    async def write_all(self) -> None:
        try:
            while self.waiting:
                batch, self.waiting = self.waiting, []
                error = await self.write([read for reads, _ in batch for read in reads])
                for _, done in batch:
                    if not done.done():  # a request that was cut off no longer waits
                        done.set_result(None) if error is None else done.set_exception(error)
        finally:
            self.writing = None
            for _, done in self.waiting:
                done.cancel()

    async def write(self, reads: list[RecordedRead]) -> RequestError | None:
        """Writes reads; the error for their requests if that failed."""
        try:
            try:
                await self.insert(reads)
            except asyncpg.ForeignKeyViolationError:  # somebody may have left the network at this moment
                await self.insert(reads)
        except RequestError as error:
            self.refusal("database unavailable")
            return error
        except Exception as error:
            return self.refusal(type(error).__name__)
        return None

    async def insert(self, reads: list[RecordedRead]) -> None:
        columns = [list(column) for column in zip(*reads, strict=True)]
        await self.connections.run(lambda connection: connection.execute(RECORD, *columns), queue_bounded=False)

    def refusal(self, kind: str) -> RequestError:
        log.error("reads of members' data are refused, since they cannot be recorded: %s", kind)
        return unavailable()


class Admission:
    """Admits the answers of one request: counts whose data they have, and records what staff and relatives read.

    Each kind of each member's data is recorded once.
    """

    __slots__ = ("data_reads", "document", "lock", "member_reads", "recorded", "viewer")

    def __init__(self, member_reads: MemberReads, data_reads: DataReads, viewer: Viewer, document: str | None) -> None:
        self.member_reads, self.data_reads = member_reads, data_reads
        self.viewer, self.document = viewer, document or ""
        self.recorded: set[tuple[str, str]] = set()
        self.lock = asyncio.Lock()

    async def admit(self, text: str) -> str:
        """The JSON of a plan that is marked or recorded without what was put into it.

        Raises RequestError if it has the data of too many members, or if its reading cannot be recorded.
        """
        text, members, reads = unmarked(text)
        await self.member_reads.admit(self.viewer, members)
        if reads:
            async with self.lock:  # fields of one operation are read at the same time
                await self.record(reads - self.recorded)
        return text

    async def record(self, reads: set[tuple[str, str]]) -> None:
        if not reads:
            return
        viewer = self.viewer
        staff = None if viewer.staff is None else str(viewer.staff)
        relative = None if viewer.member is None else str(viewer.member)
        await self.data_reads.record([(member, kind, staff, relative, self.document) for member, kind in sorted(reads)])
        self.recorded |= reads
