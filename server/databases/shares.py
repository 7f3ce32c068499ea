"""Limits how many connections of a pool one caller holds at a time; their further requests wait in turn."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from server.databases.patience import Patience, is_given
from server.operations.errors import overloaded

MOST_WAITING_OF_ONE = 100  # requests of one caller, which one socket may send at once; further ones are refused
WAIT_SECONDS = 10.0  # for a connection, as long as a request may take by default


class Shares:
    """The connections that each caller holds, at most `most`, and the requests that wait for one of them to be free."""

    def __init__(self, most: int, wait_limit: float = WAIT_SECONDS) -> None:
        self.most, self.patience = most, Patience(wait_limit)
        self.held: dict[Hashable, int] = {}
        self.queues: dict[Hashable, deque[asyncio.Future[None]]] = {}

    def takes_at_once(self, caller: Hashable) -> bool:
        """Takes a connection if the caller holds less than their share. Returns whether it did."""
        held = self.held.get(caller, 0)
        if held >= self.most:
            return False
        self.held[caller] = held + 1
        return True

    async def take(self, caller: Hashable) -> None:
        """Takes a connection, once the caller holds less than their share.

        Raises RequestError if too many wait, or this one has waited for too long.
        """
        if self.takes_at_once(caller):
            return
        queue = self.queues.setdefault(caller, deque())
        if len(queue) >= MOST_WAITING_OF_ONE:
            raise overloaded()
        place = asyncio.get_running_loop().create_future()
        queue.append(place)
        try:
            await self.patience.wait(place)
        except BaseException:
            if is_given(place):  # it was its turn
                self.give_back(caller)
            else:
                self.leave(caller, place)
            raise

    def leave(self, caller: Hashable, place: "asyncio.Future[None]") -> None:
        """Forgets a place of which nothing comes any more."""
        queue = self.queues.get(caller)
        if queue is not None and place in queue:
            queue.remove(place)
            if not queue:
                del self.queues[caller]

    def give_back(self, caller: Hashable) -> None:
        """Passes a connection on to the caller's next request, or reduces what they hold."""
        queue = self.queues.get(caller) if self.queues else None
        while queue:
            place = queue.popleft()
            if not queue:
                del self.queues[caller]
            if not place.done():
                place.set_result(None)
                return
        held = self.held[caller] - 1
        if held:
            self.held[caller] = held
        else:
            del self.held[caller]


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Bounds a wait. Raises RequestError once it has taken too long."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise overloaded() from None
