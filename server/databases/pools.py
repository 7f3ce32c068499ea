"""Lends out a view's database connections, from a small pool with a bounded queue."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import asyncpg

from models.bounded_connections import ANSWER_SECONDS
from models.database import Connection, taking_on
from models.statements import Begun, is_open, transaction_of, value_of
from models.viewers import Viewer
from server.callers.turns import Turns
from server.databases.open_connections import Lent, OpenConnections, is_clean
from server.databases.outages import DATABASE_UNAVAILABLE, UNAVAILABLE_TO_READ, as_request_error, is_lost
from server.databases.shares import WAIT_SECONDS, Shares, within
from server.operations.errors import CommitLostError, RequestError, overloaded

T = TypeVar("T")

MAX_WAITING = 500  # requests of one view that may wait for a connection; further ones are refused at once
LOOK_SECONDS = 2.0  # between two looks whether PostgreSQL is still at work on a COMMIT
UNKNOWN_LOOKS = 10  # that find out nothing, after which the COMMIT's connection is ended
AT_WORK = "SELECT count(*) > 0 FROM pg_stat_activity WHERE pid = $1 AND state = 'active'"  # as the same role
NOT_COMMITTED = (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError)  # of a COMMIT, which has failed for certain


class ConnectionPool(OpenConnections):
    """The connections that log in as one view's role, and the number of requests that use or await one.

    Transactions that write use at most `writers` connections at a time, if that is given: while they wait for one row,
    others can read.
    """

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        statement_seconds: float,
        writers: int | None = None,
        wait_limit: float = WAIT_SECONDS,
    ) -> None:
        super().__init__(pool, wait_limit)
        self.statement_seconds = statement_seconds
        self.busy = 0
        self.max_busy = self.size + MAX_WAITING
        self.shares = Shares(half_of(self.size), wait_limit)
        self.event_turns = Turns(half_of(self.size))
        self.write_turns = asyncio.Semaphore(writers or self.size)
        self.primary: ConnectionPool | None = None  # of a standby's pool: that which reads what this one cannot

    async def read(self, sql: str, values: Sequence[Any], caller: Hashable = None) -> str | None:
        """The single value of a planned statement, as JSON text; the statement carries its own viewer.

        Raises RequestError if the database is unavailable, overloaded or too slow.
        """

        def work(connection: Lent) -> Awaitable[str | None]:
            return value_of(connection, sql, values)

        try:
            return await self.once(work, caller)
        except UNAVAILABLE_TO_READ as error:
            if self.primary is not None and not isinstance(error, (asyncpg.DataError, asyncpg.QueryCanceledError)):
                return await self.primary.read(sql, values, caller)
            if not is_lost(error):
                raise as_request_error(error, self.statement_seconds) from None
        return await self.run(work, caller)

    async def read_for_event(
        self, sql: str, values: Sequence[Any], caller: Hashable = None, cost: int = 1
    ) -> str | None:
        """As `read`, for a subscriber of an event: all of these together use at most half of the connections, in turn.

        One event may have many subscribers; the other half stays free for requests.
        """
        limit = self.statement_seconds + ANSWER_SECONDS  # no request waits, whose own limit would end it
        async with self.event_turns.turn(caller, cost):
            return await self.run(
                lambda connection: connection.fetchval(sql, *values, timeout=limit), queue_bounded=False
            )

    async def run(
        self,
        work: Callable[[Lent], Awaitable[T]],
        caller: Hashable = None,
        *,
        queue_bounded: bool = True,
        repeatable: bool = False,
    ) -> T:
        """The result of `work` on a connection, of which a `caller` holds at most half at a time.

        Work that is `repeatable` is done again if its connection was lost, maybe long before: nothing shows that until
        it is used. Raises RequestError if the database is unavailable or too slow and, where `queue_bounded`, at once
        if too many requests already wait.
        """
        while True:
            try:
                return await self.once(work, caller, queue_bounded=queue_bounded)
            except UNAVAILABLE_TO_READ as error:
                if not repeatable or not is_lost(error):
                    raise as_request_error(error, self.statement_seconds) from None
            repeatable = False

    async def once(self, work: Callable[[Lent], Awaitable[T]], caller: Hashable, *, queue_bounded: bool = True) -> T:
        """As `run`. Raises what asyncpg does if the database is unavailable."""
        if queue_bounded and self.busy >= self.max_busy:
            raise overloaded()
        self.busy += 1
        holds = False
        try:
            if caller is not None:
                if not self.shares.takes_at_once(caller):
                    await self.shares.take(caller)
                holds = True
            idle = self.idle  # as `take` does, without the cost of its call
            connection = idle.pop() if idle and is_open(idle[-1]) else await self.take()
            try:
                result = await work(connection)
            except asyncio.CancelledError:
                self.release_later(connection, caller if holds else None)
                holds = False
                raise
            except BaseException as error:
                await self.give_back(connection, error)
                raise
            if self.closing:
                await self.put_back(connection)
            else:  # as in put_back, without the cost of its call
                self.hand_on(connection)
            return result
        finally:
            self.busy -= 1
            if holds:
                self.shares.give_back(caller)

    @asynccontextmanager
    async def write(
        self, viewer: Viewer, caller: Hashable = None, *, snapshot: bool = False
    ) -> AsyncIterator[Connection]:
        """A transaction in which row-level security applies to `viewer`; it commits when the block ends normally.

        A `caller` holds at most half of the connections at a time. A `snapshot` reads only. Raises RequestError if the
        database is unavailable, overloaded or too slow, and CommitLostError if nobody knows whether it was committed.
        """
        if self.busy >= self.max_busy:
            raise overloaded()
        self.busy += 1
        holds = writes = False
        sent = committed = False  # the COMMIT
        committing: asyncio.Task[None] | None = None
        try:
            if caller is not None:
                if not self.shares.takes_at_once(caller):
                    await self.shares.take(caller)
                holds = True
            if not snapshot:
                await self.take_turn_to_write()
                writes = True
            connection, begun = await self.begin(taking_on(viewer), snapshot=snapshot)
            try:
                try:
                    yield connection
                    sent = not connection.is_closed()
                except asyncio.CancelledError:
                    raise
                except BaseException:
                    with suppress(*DATABASE_UNAVAILABLE):
                        await begun.rollback()
                    raise
                committing = asyncio.create_task(begun.commit())
                # Not the request's own limit, which a COMMIT that was sent is not cancelled for.
                await asyncio.wait([committing], timeout=self.statement_seconds + ANSWER_SECONDS)
                if not committing.done():
                    raise TimeoutError
                committing.result()
                committed = True
            except BaseException as error:
                if committing is not None and not committing.done():
                    self.release_later(connection, caller if holds else None, committing, writes=writes)
                    holds = writes = False
                elif isinstance(error, asyncio.CancelledError):
                    self.release_later(connection, caller if holds else None, begun.rollback(), writes=writes)
                    holds = writes = False
                else:
                    await self.give_back(connection, error)
                raise
            await self.put_back(connection)
        except UNAVAILABLE_TO_READ as error:
            if not snapshot and not isinstance(error, DATABASE_UNAVAILABLE):
                raise  # a conflict with another transaction, for which it is repeated
            if sent and not committed and not isinstance(error, NOT_COMMITTED):
                raise CommitLostError from None
            raise as_request_error(error, self.statement_seconds) from None
        finally:
            self.busy -= 1
            if writes:
                self.write_turns.release()
            if holds:
                self.shares.give_back(caller)

    async def begin(self, then: str, *, snapshot: bool) -> tuple[Lent, Begun]:
        """A connection, and the transaction that was begun on it, with what it starts with.

        A connection that was lost is replaced once.
        """
        replaced = False
        while True:
            connection = await self.take()
            begun = transaction_of(connection, then, snapshot=snapshot)
            try:
                await begun.start()
                return connection, begun
            except asyncio.CancelledError:
                self.release_later(connection, None)  # its BEGIN may have been carried out
                raise
            except BaseException as error:
                await self.give_back(connection, error)
                if replaced or not is_lost(error):
                    raise
                replaced = True

    @asynccontextmanager
    async def snapshot(self, viewer: Viewer) -> AsyncIterator[Connection]:
        """As `write`, to read only: every statement sees the database as it was at the first one."""
        async with self.write(viewer, snapshot=True) as connection:
            yield connection

    async def take_turn_to_write(self) -> None:
        """Waits for a turn. Raises RequestError if that takes too long."""
        async with within(self.patience.seconds):
            await self.write_turns.acquire()

    async def give_back(self, connection: Lent, error: BaseException) -> None:
        """Releases a connection whose work ended in this error."""
        if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
            self.replace(connection)
        elif isinstance(error, asyncpg.InternalClientError):
            connection.terminate()  # it would fail its next user, until the pool notices that it was cut
        elif not isinstance(error, DATABASE_UNAVAILABLE) and is_clean(connection):
            await self.put_back(connection)
            return
        await self.release(connection)

    def release_later(
        self,
        connection: Lent,
        caller: Hashable,
        last: "Coroutine[Any, Any, Any] | asyncio.Task[None] | None" = None,
        *,
        writes: bool = False,
    ) -> None:
        """Releases a connection whose work was cancelled, once PostgreSQL has confirmed that; nobody waits for it.

        `last` is what remains to be done on it: a rollback, or a COMMIT that is being carried out. Until then the
        connection counts as used, as that of a writer if it `writes`, and as held by `caller` if that is not None.
        """
        self.busy += 1

        async def release() -> None:
            try:
                # Of any kind: whatever fails, its place in the pool becomes free.
                with suppress(Exception):
                    if isinstance(last, asyncio.Task):
                        await self.await_commit(connection, last)
                    else:  # either waits for the confirmation first
                        await (connection.execute("SELECT") if last is None else last)
                if is_clean(connection):
                    await self.put_back(connection)
                else:
                    await self.release(connection)
            finally:
                self.busy -= 1
                if writes:
                    self.write_turns.release()
                if caller is not None:
                    self.shares.give_back(caller)

        task = asyncio.create_task(release())
        self.returning.add(task)
        task.add_done_callback(self.returning.discard)

    async def await_commit(self, connection: Lent, committing: "asyncio.Task[None]") -> None:
        """Waits for a COMMIT for as long as PostgreSQL is at work on it: it may wait for a standby, or for its disk.

        Its connection is used meanwhile, so that no more of them wait than there are writers.
        """
        pid, unknown = connection.get_server_pid(), 0
        while not committing.done() and not self.closing:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    at_work = await self.run(lambda other: other.fetchval(AT_WORK, pid), queue_bounded=False)
                unknown = 0
            except TimeoutError:  # others use all connections
                unknown += 1
                at_work = unknown < UNKNOWN_LOOKS
            except (RequestError, asyncpg.PostgresError):
                at_work = False
            if not at_work:  # nobody answers at the other end
                connection.terminate()
            await asyncio.wait([committing], timeout=LOOK_SECONDS)
        await committing


def half_of(connections: int) -> int:
    """Half of a pool's connections, but one at least."""
    return max(1, connections // 2)
