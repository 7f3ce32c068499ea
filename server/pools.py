"""Lends out a view's database connections, from a small pool with a bounded queue."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg

from models.database import Connection, take_on
from models.viewers import Viewer
from server.errors import CommitLostError, overloaded, timed_out, unavailable
from server.shares import Shares
from server.turns import Turns

T = TypeVar("T")

MAX_WAITING = 500  # requests of one view that may wait for a connection; further ones are refused at once

# What asyncpg raises when PostgreSQL is down, stopping, starting or full, and when a connection was cut.
DATABASE_UNAVAILABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    # Raised by a connection that is used between PostgreSQL's last message and the end of the stream.
    asyncpg.InternalClientError,
)


class ConnectionPool:
    """The connections that log in as one view's role, and the number of requests that use or await one.

    A connection that becomes free is kept in `idle` and not released to asyncpg's pool: acquire and release cost a
    tenth of a small query. It is released when a request waits for it there, or after any error.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", statement_seconds: float) -> None:
        self.pool = pool
        self.statement_seconds = statement_seconds
        self.idle: list[asyncpg.pool.PoolConnectionProxy] = []
        self.busy = 0
        self.waiting = 0
        self.waits, self.wait_seconds = 0, 0.0  # for a connection to become free, since the start
        self.max_busy = pool.get_max_size() + MAX_WAITING
        self.shares = Shares(max(1, pool.get_max_size() // 2))
        self.event_turns = Turns(max(1, pool.get_max_size() // 2))

    async def read(self, sql: str, values: Sequence[Any], caller: Hashable = None) -> str | None:
        """The single value of a planned statement, as JSON text; the statement carries its own viewer.

        Raises RequestError if the database is unavailable, overloaded or too slow.
        """
        return await self.run(lambda connection: connection.fetchval(sql, *values), caller)

    async def read_for_event(
        self, sql: str, values: Sequence[Any], caller: Hashable = None, cost: int = 1
    ) -> str | None:
        """As `read`, for a subscriber of an event: all of these together use at most half of the connections, in turn.

        One event may have many subscribers; the other half stays free for requests.
        """
        async with self.event_turns.turn(caller, cost):
            return await self.run(lambda connection: connection.fetchval(sql, *values), queue_bounded=False)

    async def run(
        self, work: Callable[[Connection], Awaitable[T]], caller: Hashable = None, *, queue_bounded: bool = True
    ) -> T:
        """The result of `work` on a connection, of which a `caller` holds at most half at a time.

        Raises RequestError if the database is unavailable or too slow and, where `queue_bounded`, at once if too many
        requests already wait.
        """
        if queue_bounded and self.busy >= self.max_busy:
            raise overloaded()
        self.busy += 1
        holds = False
        try:
            if caller is not None:
                if not self.shares.takes_at_once(caller):
                    await self.shares.take(caller)
                holds = True
            connection = await self.take()
            try:
                result = await work(connection)
            except BaseException as error:
                # The pool waits for a cancelled statement to be over, and replaces a connection that was cut.
                await self.give_back(connection, error)
                raise
            if self.waiting:
                await self.pool.release(connection)
            else:
                self.idle.append(connection)
            return result
        except DATABASE_UNAVAILABLE as error:
            raise as_request_error(error, self.statement_seconds) from None
        finally:
            self.busy -= 1
            if holds:
                self.shares.give_back(caller)

    @asynccontextmanager
    async def write(self, viewer: Viewer, caller: Hashable = None, **transaction: Any) -> AsyncIterator[Connection]:
        """A transaction in which row-level security applies to `viewer`; it commits when the block ends normally.

        A `caller` holds at most half of the connections at a time. `transaction` are options of asyncpg's transaction,
        such as its isolation. Raises RequestError if the database is unavailable, overloaded or too slow, and
        CommitLostError if nobody knows whether it was committed.
        """
        if self.busy >= self.max_busy:
            raise overloaded()
        self.busy += 1
        holds = False
        sent = committed = False  # the COMMIT
        try:
            if caller is not None:
                if not self.shares.takes_at_once(caller):
                    await self.shares.take(caller)
                holds = True
            connection = await self.take()
            try:
                async with connection.transaction(**transaction):
                    await take_on(connection, viewer)
                    yield connection
                    sent = not connection.is_closed()
                committed = True
            except BaseException as error:
                await self.give_back(connection, error)
                raise
            await self.pool.release(connection)
        except DATABASE_UNAVAILABLE as error:
            if committed:
                return  # only the release failed, of a connection that was cut since: asyncpg has discarded it
            if sent and not isinstance(error, asyncpg.QueryCanceledError):
                raise CommitLostError from None
            raise as_request_error(error, self.statement_seconds) from None
        finally:
            self.busy -= 1
            if holds:
                self.shares.give_back(caller)

    @asynccontextmanager
    async def snapshot(self, viewer: Viewer) -> AsyncIterator[Connection]:
        """As `write`, to read only: every statement sees the database as it was at the first one."""
        async with self.write(viewer, isolation="repeatable_read", readonly=True) as connection:
            yield connection

    async def take(self) -> asyncpg.pool.PoolConnectionProxy:
        """A free connection; waits for one."""
        while self.idle:
            connection = self.idle.pop()
            if not connection.is_closed():
                return connection
            await self.pool.release(connection)  # makes room for a new one
        return await self.wait()

    async def wait(self) -> asyncpg.pool.PoolConnectionProxy:
        self.waiting += 1
        since = time.perf_counter()
        try:
            return await self.pool.acquire()
        finally:
            self.waiting -= 1
            self.waits += 1
            self.wait_seconds += time.perf_counter() - since

    async def give_back(self, connection: asyncpg.pool.PoolConnectionProxy, error: BaseException) -> None:
        """Releases a connection whose work ended in this error."""
        if isinstance(error, asyncpg.InternalClientError):
            connection.terminate()  # it would fail its next user, until the pool notices that it was cut
        await self.pool.release(connection)

    async def close(self) -> None:
        """Closes every connection after its current work is done."""
        while self.idle:
            await self.pool.release(self.idle.pop())
        await self.pool.close()


def as_request_error(error: Exception, statement_seconds: float) -> Exception:
    """What a client is shown for an error of `DATABASE_UNAVAILABLE`."""
    if isinstance(error, asyncpg.DataError):
        return error  # a value that its column does not accept: our own bug, and not the database's state
    if isinstance(error, asyncpg.QueryCanceledError):
        return timed_out("statement_seconds", statement_seconds)
    return unavailable()
