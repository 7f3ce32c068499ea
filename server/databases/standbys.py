"""Reads from standbys that lag behind by less than a bound, and have what the caller has written themselves.

While the primary does not answer, those that have all that is known of it are read from, for a bounded time.
"""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from uuid import UUID

import asyncpg
from cachetools import TTLCache

from models.bounded_connections import ANSWER_SECONDS
from models.failures import reason
from models.replication import WRITTEN, mark, note_write, replayed, written
from models.viewers import Audience
from server.callers.credentials import Headers
from server.databases.pools import ConnectionPool
from server.databases.positions import Positions
from server.operations.errors import RequestError

log = logging.getLogger("cohorte.standbys")

LOOK_SECONDS = 0.5  # between two looks at how far a server has come
OPENING_SECONDS = 30.0  # for all of a standby's connections to be open
MOST_PAUSE_SECONDS = 5.0  # between two attempts to reach one that is gone
EVERYTHING = 2**63 - 1  # a position that no standby reaches
WRITERS = 100_000  # whose last write is remembered
NEVER = -math.inf

Connect = Callable[[], Awaitable[asyncpg.Connection]]
Pools = Mapping[Audience, ConnectionPool]


class NotAStandby(Exception):
    """What answers at a standby's address is something else; the message says what."""


class Watched:
    """A PostgreSQL that is looked at again and again, on a connection of its own, until the task is cancelled."""

    most_pause_seconds = MOST_PAUSE_SECONDS

    def __init__(self, name: str, connect: Connect) -> None:
        self.name, self.connect = name, connect
        self.connection: asyncpg.Connection | None = None
        self.failures = 0

    async def watch(self) -> None:
        try:
            while True:
                try:
                    if self.connection is None:
                        self.connection = await self.connect()
                    await self.look(self.connection)
                    self.failures = 0
                except Exception as error:  # of any kind: nothing would restart this task
                    self.failures += 1
                    self.leave(error)
                await asyncio.sleep(min(LOOK_SECONDS * 2 ** min(self.failures, 10), self.most_pause_seconds))
        finally:
            self.leave(None)

    async def look(self, connection: asyncpg.Connection) -> None:
        raise NotImplementedError

    def leave(self, error: Exception | None) -> None:
        """Ends the connection after an `error`, or because the server stops."""
        if self.connection is not None:
            self.connection.terminate()
            self.connection = None


class Primary(Watched):
    """The primary, and how far it had written at the latest times."""

    most_pause_seconds = 1.0  # whoever cannot write waits for another server to be the primary

    def __init__(self, connect: Connect, seconds: float, outage_seconds: float) -> None:
        """`outage_seconds` is for how long standbys are read from while it does not answer."""
        super().__init__("primary", connect)
        self.cluster = ""  # with its timeline
        # When it was asked, how far it had written at least, and a mark that it had made by then or made just after.
        self.samples: deque[tuple[float, int, UUID | None]] = deque(maxlen=math.ceil(seconds / LOOK_SECONDS) + 2)
        self.mark: UUID | None = None  # its last one, and where it was once it had made it
        self.marked_at: int | None = None
        self.outage_seconds = outage_seconds
        self.reached = 0  # the highest position that is known of it
        self.given_up = False  # whether it has not answered for longer than `outage_seconds`

    @property
    def answered_at(self) -> float:
        """The latest time at which it was asked how far it had written, and answered."""
        return self.samples[-1][0] if self.samples else NEVER

    async def look(self, connection: asyncpg.Connection) -> None:
        before = time.monotonic()
        cluster, position, _, marks = await written(connection, ANSWER_SECONDS)
        assert position is not None
        if cluster != self.cluster:  # another server has become the primary: its positions are of another history
            self.cluster, self.reached = cluster, 0
            self.samples.clear()
        await self.see(connection, position, marks[0] if marks else None)
        self.samples.append((before, position, self.mark))
        self.reached, self.given_up = max(self.reached, position), False  # it may have been told of a later one
        if self.failures:
            log.warning("the primary answers again")

    async def see(self, connection: asyncpg.Connection, position: int, last: UUID | None) -> None:
        """Takes note of its last mark, or has it make another, if anything was written since.

        Several processes look at one primary: one of them makes a mark, and the others see it.
        """
        is_moved = last == self.mark and position != self.marked_at
        if self.mark is None or is_moved:
            with suppress(asyncpg.PostgresError):  # such as of a full disk: what is read is compared by position
                last = await mark(connection, last, ANSWER_SECONDS) or last
                position = (await written(connection, ANSWER_SECONDS)).position or position
            self.marked_at = position
        elif last != self.mark:
            self.marked_at = position
        self.mark = last

    def leave(self, error: Exception | None) -> None:
        super().leave(error)
        self.mark = None
        if error is None or not self.samples or self.given_up or not self.outage_seconds:
            return
        if self.failures == 1:
            lasting = "queries are read for up to %d s from standbys that have all that is known of it"
            log.warning(f"the primary does not answer (%s): {lasting}", reason(error), self.outage_seconds)
        elif time.monotonic() - self.answered_at > self.outage_seconds:
            self.given_up = True
            log.error("the primary has not answered for %d s: no queries are read from standbys", self.outage_seconds)

    @property
    def last_mark(self) -> UUID | None:
        """The mark that it had last when it answered last."""
        return self.samples[-1][2] if self.samples else None

    async def answers_after(self, moment: float) -> None:
        """Waits until it has been asked after `moment` and has answered, or does not answer."""
        while self.answered_at <= moment and not self.failures:  # noqa: ASYNC110 - others wait for nothing but a time
            await asyncio.sleep(LOOK_SECONDS / 10)

    def has_made_any(self, marks: Collection[UUID]) -> bool:
        """Whether one of its latest marks is among these."""
        return any(made in marks for _, _, made in self.samples)

    def is_left_by(self, position: int, seen_at: float, marks: Collection[UUID]) -> bool:
        """Whether a server has left its history, which was at `position` at `seen_at` and has had these `marks` since.

        It had come further than the primary has since, or lacks a mark that was made before its position.
        """
        if not self.samples:
            return False
        asked_at, reached, _ = self.samples[-1]
        if position > reached:
            return asked_at > seen_at
        before = self.samples[-2][2] if len(self.samples) > 1 else None
        return position == reached and before is not None and before not in marks

    def time_of(self, position: int, marks: Collection[UUID | None]) -> float:
        """The latest time for which it is known that all that was acknowledged until then is within `position`.

        It is of a standby that has these `marks`. On an idle primary this is the time of the last look, since its
        position stays the same. No clock of another machine counts.
        """
        known = (at for at, reached, made in reversed(self.samples) if reached <= position and made in marks)
        return next(known, NEVER)


class Standby(Watched):
    """A standby, its pools while it can be read from, and the time until which it has everything."""

    def __init__(self, name: str, connect: Connect, open_pools: Callable[[], Awaitable[Pools]], of: Primary) -> None:
        super().__init__(name, connect)
        self.open_pools, self.primary = open_pools, of
        self.pools: Pools = {}
        self.position = 0
        self.complete = False  # whether it has replayed all that it has received
        self.current_until = NEVER
        self.seen_at = NEVER  # when it said how far it had come
        self.followed = ""  # the primary's cluster and timeline when it was last looked at
        self.shown: UUID | None = None  # the last mark of the primary that it has had
        self.reads = 0

    async def look(self, connection: asyncpg.Connection) -> None:
        position, complete, marks = await self.ask(connection)
        if not self.primary.cluster:
            return  # the primary has not answered yet
        if self.primary.cluster != self.followed:  # it has to show a mark of this one
            self.followed, self.current_until, self.shown = self.primary.cluster, NEVER, None
        if not self.pools:
            self.position, self.seen_at = position, time.monotonic()
            await self.primary.answers_after(self.seen_at)
            position, complete, marks = await self.ask(connection)
        if self.primary.is_left_by(self.position, self.seen_at, marks):
            raise NotAStandby("it is not a standby of this database's primary, but of a copy that goes on by itself")
        self.position, self.complete, self.seen_at = position, complete, time.monotonic()
        if not self.primary.has_made_any(marks):
            return  # it has been away for long, or is of a copy
        if not self.pools:
            async with asyncio.timeout(OPENING_SECONDS):
                self.pools = await self.open_pools()
            log.log(logging.WARNING if self.failures else logging.INFO, "%s is read from", self.name)
        self.current_until = max(self.current_until, self.primary.time_of(position, marks))
        if self.primary.last_mark in marks:
            self.shown = self.primary.last_mark

    async def ask(self, connection: asyncpg.Connection) -> tuple[int, bool, Sequence[UUID]]:
        """How far it has come, whether that is all that it has received, and the marks that it has."""
        cluster, position, complete, marks = await replayed(connection, ANSWER_SECONDS)
        if position is None:
            raise NotAStandby("it is not a standby")
        if self.primary.cluster and cluster != self.primary.cluster.partition(" ")[0]:
            raise NotAStandby("it is not a standby of this database's cluster")
        return position, complete, marks

    def is_complete(self, reached: int) -> bool:
        """Whether it can be read from, and has all that is known of the primary, which has `reached` a position."""
        shown = self.shown is not None and self.shown == self.primary.last_mark
        return bool(self.pools) and shown and self.complete and self.position >= reached

    def leave(self, error: Exception | None) -> None:
        super().leave(error)
        if error is not None and (self.pools or self.failures == 1):
            why = str(error) if isinstance(error, NotAStandby) else reason(error)
            log.warning("%s is not read from: %s", self.name, why)
        pools, self.pools = self.pools, {}
        self.position, self.seen_at, self.current_until, self.shown = 0, NEVER, NEVER, None
        for pool in pools.values():
            pool.terminate()


class Standbys:
    """Chooses where a query is read: on the caller's standby, if that is current enough, or another, or the primary.

    A caller stays with one standby as long as it can be used, so that what they have seen does not disappear again.
    """

    channel = WRITTEN

    def __init__(
        self, primary: Primary, standbys: Sequence[Standby], writes: ConnectionPool, positions: Positions, seconds: int
    ) -> None:
        """`seconds` is how far a standby that is read from may be behind; `writes` are connections to the primary."""
        self.primary, self.standbys = primary, standbys
        self.writes, self.positions, self.seconds = writes, positions, seconds
        # By account or organization. An entry may end after so long: a standby without that write is too far behind.
        self.written: TTLCache[Hashable, int] = TTLCache(WRITERS, max(seconds, primary.outage_seconds))
        self.listening, self.since, self.lost_at = False, 0.0, NEVER
        self.reads_on_primary = self.outage_reads = 0

    def pool(self, audience: Audience, primary: ConnectionPool, caller: Hashable, headers: Headers) -> ConnectionPool:
        """The pool on which a query of `caller` is read; `primary` is the view's own."""
        position = self.position_of(caller, headers)
        # What was committed before this process listened, such as a migration, is there too.
        since = max(self.since, time.monotonic() - self.seconds)
        first = hash(caller) % len(self.standbys)
        ordered = (*self.standbys[first:], *self.standbys[:first])
        if self.listening:  # otherwise another process may have written for them
            for standby in ordered:
                if standby.pools and standby.current_until >= since and standby.position >= position:
                    standby.reads += 1
                    return standby.pools[audience]
        stand_ins = self.stand_ins()
        for standby in ordered:
            if standby in stand_ins and standby.position >= position:
                standby.reads += 1
                self.outage_reads += 1
                return standby.pools[audience]
        self.reads_on_primary += 1
        return primary

    def position_of(self, caller: Hashable, headers: Headers) -> int:
        """The position of the last write of a caller, in this process or in another; 0 if none is known."""
        return max(self.written.get(caller, 0), self.positions.of_request(headers))

    def stand_ins(self) -> Sequence[Standby]:
        """The standbys that may be read from because the primary does not answer; empty while it does.

        They have all that it is known to have written, and all that any of them has received.
        """
        primary = self.primary
        answered = primary.answered_at
        # A primary that ends is noticed by the connection that listens before it is looked at again. If notifications
        # ended while it still answered, others may have written or signed out meanwhile.
        unheard = not self.listening and self.lost_at > answered
        if not (unheard or (self.listening and primary.failures)):
            return ()
        if answered < self.since or time.monotonic() - answered > primary.outage_seconds:
            return ()
        reached = max(primary.reached, *(each.position for each in self.standbys))
        return [each for each in self.standbys if each.is_complete(reached)]

    def stand_in(self) -> ConnectionPool | None:
        """Where sessions are looked up while the primary does not answer, if anywhere."""
        return next((each.pools[Audience.PUBLIC] for each in self.stand_ins()), None)

    def hold(self, account: UUID | None) -> None:
        """Reads of an account that has just written go to the primary."""
        if account is not None:
            self.written[account.int] = EVERYTHING

    async def note_write(self, account: UUID | None) -> int | None:
        """The position that what an account has written before has reached; None if the primary does not answer.

        Their reads go to standbys that have reached it, in this process and in others.
        """
        name = "" if account is None else str(account)
        with suppress(RequestError):
            position = await self.writes.run(lambda connection: note_write(connection, name), repeatable=True)
            if account is not None:
                self.written[account.int] = position
            self.primary.reached = max(self.primary.reached, position)
            return position
        self.hold(account)
        return None

    def lags(self) -> dict[str, float]:
        """For each standby, the seconds since which it may lack something; infinite if it is not read from."""
        now = time.monotonic()
        return {standby.name: now - standby.current_until for standby in self.standbys}

    def silent_seconds(self) -> float:
        """For how long the primary has not answered."""
        return time.monotonic() - self.primary.answered_at

    def notified(self, connection: object, process: int, channel: str, payload: object) -> None:
        account, _, position = str(payload).partition(" ")
        with suppress(ValueError):  # malformed, or of nobody
            key = UUID(account).int
            known = self.written.get(key, 0)
            self.written[key] = max(0 if known == EVERYTHING else known, int(position))
            self.primary.reached = max(self.primary.reached, int(position))

    def started(self) -> None:
        self.listening, self.since = True, time.monotonic()

    def lost(self) -> None:
        if self.listening:
            self.listening, self.lost_at = False, time.monotonic()
