"""Hands a pool's open connections from one request to the next, and replaces those that were lost."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

from models.bounded_connections import ANSWER_SECONDS
from models.statements import is_open
from server.databases.outages import DATABASE_UNAVAILABLE
from server.databases.patience import Patience, is_given
from server.databases.shares import WAIT_SECONDS

Lent = asyncpg.pool.PoolConnectionProxy

REPLACED_SECONDS = 5.0  # between two times that all idle connections are replaced


class OpenConnections:
    """The connections of one of asyncpg's pools, and the requests that wait for one.

    A connection that becomes free goes to the next request that waits, or to `idle`, and not back to asyncpg's pool:
    there, a request that waits takes a task and a timer. It is released to that pool, which opens connections and
    replaces lost ones, after an error.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", wait_limit: float = WAIT_SECONDS) -> None:
        self.pool = pool
        self.size = pool.get_max_size()
        self.patience = Patience(wait_limit)
        self.idle: list[Lent] = []
        self.taken = 0  # connections, idle or not, that are not in asyncpg's pool
        # Of requests that wait, while none is idle and all are taken. A connection is handed to the first, or None for
        # one that it may take from asyncpg's pool.
        self.places: deque[asyncio.Future[Lent | None]] = deque()
        self.waits, self.wait_seconds = 0, 0.0  # for a connection to become free, since the start
        self.closing = False
        # Tasks that have a connection each: its statement is being cancelled, or it is being checked.
        self.returning: set[asyncio.Task[None]] = set()
        self.when_lost: Callable[[], None] = self.check  # called when a connection was lost: others may be lost too
        self.replaced_at = -REPLACED_SECONDS

    async def fill(self) -> None:
        """Takes every open connection out of asyncpg's pool, so that all that are idle are in `idle`."""
        self.idle = [await self.acquire() for _ in range(self.pool.get_size())]

    @property
    def waiting(self) -> int:
        """The number of requests that wait for a connection."""
        return len(self.places)

    async def take(self) -> Lent:
        """An open connection; waits for one. Raises RequestError if that takes too long."""
        while True:
            if self.idle:
                connection = self.idle.pop()
            elif self.taken < self.size:
                return await self.acquire()
            else:
                handed = await self.wait()
                if handed is None:
                    return await self.acquire_counted()
                connection = handed
            if is_open(connection):
                return connection
            await self.discard(connection)

    async def wait(self) -> Lent | None:
        """The connection that is handed over, or None for one to acquire, which is counted in `taken` already.

        Raises RequestError if neither comes in time.
        """
        place: asyncio.Future[Lent | None] = asyncio.get_running_loop().create_future()
        self.places.append(place)
        since = time.perf_counter()
        try:
            return await self.patience.wait(place)
        except BaseException:
            if not is_given(place):
                with suppress(ValueError):  # who handed something on has passed it over
                    self.places.remove(place)
            elif (handed := place.result()) is not None:
                self.hand_on(handed)
            else:
                self.vacate()
            raise
        finally:
            self.waits += 1
            self.wait_seconds += time.perf_counter() - since

    def acquire(self) -> Awaitable[Lent]:
        """A connection from asyncpg's pool, which opens it if needed."""
        self.taken += 1
        return self.acquire_counted()

    async def acquire_counted(self) -> Lent:
        try:
            return await self.pool.acquire()
        except BaseException:
            self.vacate()
            raise

    def hand_on(self, connection: Lent) -> None:
        """Hands a connection to the first who waits for one, or keeps it."""
        while self.places:
            place = self.places.popleft()
            if not place.done():
                place.set_result(connection)
                return
        self.idle.append(connection)

    def vacate(self) -> None:
        """Counts a connection as back in asyncpg's pool, and lets the first who waits take another."""
        self.taken -= 1
        while self.places:
            place = self.places.popleft()
            if not place.done():
                self.taken += 1
                place.set_result(None)
                return

    async def put_back(self, connection: Lent) -> None:
        """Hands on a connection on which nothing has failed."""
        if self.closing and not self.places:
            await self.release(connection)
        else:
            self.hand_on(connection)

    async def release(self, connection: Lent) -> None:
        """Releases a connection to asyncpg's pool, which replaces it if it was lost."""
        # Of the connection itself, from which the proxy is separated by releasing it, or by its end.
        unanswered = getattr(connection, "was_unanswered", lambda: True)
        lost = unanswered() or not is_open(connection)
        try:
            await self.discard(connection)
            lost = lost or unanswered()
        except DATABASE_UNAVAILABLE:
            lost = True  # it was cut meanwhile, and asyncpg has discarded it
        if lost:
            self.when_lost()

    async def discard(self, connection: Lent) -> None:
        """Gives a connection back to asyncpg's pool."""
        try:
            await self.pool.release(connection)
        finally:
            self.vacate()

    def replace(self, connection: Lent) -> None:
        """Ends a connection to a PostgreSQL that does not write, and idle ones: the address may lead elsewhere now."""
        connection.terminate()
        if time.monotonic() - self.replaced_at >= REPLACED_SECONDS:
            self.replaced_at = time.monotonic()
            idle, self.idle = self.idle, []
            for each in idle:
                self.end(each)

    def check(self) -> None:
        """Looks whether the idle connections are still answered, and replaces those that are not."""
        if not self.closing:
            for connection in self.idle:
                task = asyncio.create_task(self.check_one(connection))
                self.returning.add(task)
                task.add_done_callback(self.returning.discard)
            self.idle = []

    async def check_one(self, connection: Lent) -> None:
        try:
            await connection.execute("SELECT", timeout=ANSWER_SECONDS)
        except (Exception, asyncio.CancelledError):
            self.end(connection)
        else:
            await self.put_back(connection)

    def end(self, connection: Lent) -> None:
        """Ends a connection without a word to the other end."""
        with suppress(asyncpg.InterfaceError):  # asyncpg has ended it already
            connection.terminate()
        self.vacate()

    async def close(self) -> None:
        """Closes every connection after its current work is done."""
        self.closing = True
        while self.idle:
            await self.pool.release(self.idle.pop())
        await self.pool.close()

    def terminate(self) -> None:
        """Ends every connection at once: statements that are being carried out fail as if it was lost."""
        self.closing = True
        self.idle = []
        self.pool.terminate()


def is_clean(connection: Lent) -> bool:
    """Whether a connection is open and in no transaction, as a new one."""
    return is_open(connection) and not connection.is_in_transaction()
