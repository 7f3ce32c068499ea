"""The only place that gives out a view's database connections: few, and never to a queue without end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg

from models.viewers import Viewer
from models.viewing import Connection, take_on
from server.errors import too_slow, unavailable

T = TypeVar("T")

WAITING = 200  # requests of one view; a further one is told to come back, which costs the server nothing

# What asyncpg raises when PostgreSQL is gone, going, starting or full, and when a connection was cut.
AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    # Used between PostgreSQL's last word and the end of the stream, a connection says that it has lost its place.
    asyncpg.InternalClientError,
)


class Connections:
    """The connections that log in as one view's role, and the number of those who wait for one.

    A connection that did its work stays out of the pool, for the next to take: the pool's own way in and out costs a
    small query a tenth of its time. It goes through the pool when somebody waits there, or when anything went wrong.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", statement_seconds: float) -> None:
        self.pool = pool
        self.statement_seconds = statement_seconds
        self.idle: list[asyncpg.pool.PoolConnectionProxy] = []
        self.busy = 0
        self.waiting = 0
        self.most = pool.get_max_size() + WAITING
        self.turns = asyncio.Semaphore(max(1, pool.get_max_size() // 2))

    async def read(self, sql: str, values: Sequence[Any]) -> str | None:
        """What one statement says, which carries its own viewer; raises Refusal when the database does not answer."""
        return await self.ask(lambda connection: connection.fetchval(sql, *values))

    async def read_in_turn(self, sql: str, values: Sequence[Any]) -> str | None:
        """The same for one of many that are told of an event: half of the connections stay with those who ask."""
        async with self.turns:
            return await self.ask(lambda connection: connection.fetchval(sql, *values), in_turn=True)

    async def ask(self, question: Callable[[Connection], Awaitable[T]], *, in_turn: bool = False) -> T:
        """What `question` is answered on a connection; raises Refusal when the database does not answer."""
        if self.busy >= self.most and not in_turn:
            raise unavailable("The server is overloaded. Try again in a moment.")
        self.busy += 1
        try:
            connection = await self.take()
            try:
                answer = await question(connection)
            except BaseException as error:
                # The pool waits for a cancelled statement to be over, and replaces a connection that was cut.
                await self.give_back(connection, error)
                raise
            if self.waiting:
                await self.pool.release(connection)
            else:
                self.idle.append(connection)
            return answer
        except AWAY as error:
            raise refused(error, self.statement_seconds) from None
        finally:
            self.busy -= 1

    @asynccontextmanager
    async def write(self, viewer: Viewer) -> AsyncIterator[Connection]:
        """A transaction that the policies see `viewer` in; raises Refusal when the database does not answer."""
        if self.busy >= self.most:
            raise unavailable("The server is overloaded. Try again in a moment.")
        self.busy += 1
        try:
            connection = await self.take()
            try:
                async with connection.transaction():
                    await take_on(connection, viewer)
                    yield connection
            except BaseException as error:
                await self.give_back(connection, error)
                raise
            await self.pool.release(connection)
        except AWAY as error:
            raise refused(error, self.statement_seconds) from None
        finally:
            self.busy -= 1

    async def take(self) -> asyncpg.pool.PoolConnectionProxy:
        while self.idle:
            connection = self.idle.pop()
            if not connection.is_closed():
                return connection
            await self.pool.release(connection)  # which makes room for a new one
        return await self.wait()

    async def wait(self) -> asyncpg.pool.PoolConnectionProxy:
        self.waiting += 1
        try:
            return await self.pool.acquire()
        finally:
            self.waiting -= 1

    async def give_back(self, connection: asyncpg.pool.PoolConnectionProxy, error: BaseException) -> None:
        """Lets go of a connection whose work ended in this error."""
        if isinstance(error, asyncpg.InternalClientError):
            connection.terminate()  # it would fail whoever took it next, until the pool hears that it was cut
        await self.pool.release(connection)

    async def close(self) -> None:
        """Closes every connection once what it does is done."""
        while self.idle:
            await self.pool.release(self.idle.pop())
        await self.pool.close()


def refused(error: Exception, statement_seconds: float) -> Exception:
    if isinstance(error, asyncpg.DataError):
        return error  # a value that its column cannot take: a fault of ours, though asyncpg files it under the same
    if isinstance(error, asyncpg.QueryCanceledError):
        return too_slow("statement_seconds", statement_seconds)
    return unavailable()
