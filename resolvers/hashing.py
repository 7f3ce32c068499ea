"""Runs work that takes a processor and memory for long, such as hashing a password, a few pieces at a time."""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from resolvers.heap import give_back
from resolvers.transactions import Overloaded

T = TypeVar("T")
IDLE_SECONDS = 10.0  # after which the memory of the last work is given back: more work would take it again, which costs


class HashingTurns:
    """Runs at most `at_once` pieces of work in threads; callers whose work has to wait take turns.

    At most `waiting` pieces wait, and at most `waiting_of_one` of one caller, so that nobody waits for all work of
    another.
    """

    def __init__(self, at_once: int, waiting: int, waiting_of_one: int) -> None:
        self.at_once, self.most_waiting, self.most_waiting_of_one = at_once, waiting, waiting_of_one
        self.running = 0
        self.waiting = 0
        self.queues: dict[Hashable, deque[asyncio.Future[None]]] = {}  # the next to have a turn first
        self.threads: ThreadPoolExecutor | None = None
        self.idle: asyncio.TimerHandle | None = None

    async def run(self, caller: Hashable, work: Callable[[], T]) -> T:
        """The result of `work`. Raises Overloaded if too much work waits."""
        if self.idle is not None:
            self.idle.cancel()
        if self.running < self.at_once:
            self.running += 1
        else:
            await self._turn(caller)
        if self.threads is None:
            self.threads = ThreadPoolExecutor(self.at_once, "hashing")
        loop = asyncio.get_running_loop()
        future = self.threads.submit(work)

        def done(future: Future[T]) -> None:
            try:
                loop.call_soon_threadsafe(self._pass_on)
            except RuntimeError:  # the loop is closed, and nobody waits any more
                self.running -= 1

        # Once the work has ended, and not when its caller is cancelled: the thread goes on.
        future.add_done_callback(done)
        return await asyncio.wrap_future(future)

    async def _turn(self, caller: Hashable) -> None:
        """Waits for a place among those that run. Raises Overloaded."""
        queue = self.queues.get(caller)
        if self.waiting >= self.most_waiting or (queue is not None and len(queue) >= self.most_waiting_of_one):
            raise Overloaded
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.queues.setdefault(caller, deque()).append(turn)
        self.waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was its turn
                self._pass_on()
            elif turn in self.queues.get(caller, ()):
                self._leave(caller, turn)
            raise

    def _leave(self, caller: Hashable, turn: asyncio.Future[None]) -> None:
        queue = self.queues[caller]
        queue.remove(turn)
        self.waiting -= 1
        if not queue:
            del self.queues[caller]

    def _pass_on(self) -> None:
        """Gives a place to the next caller, who then is the last to have another."""
        while self.queues:
            caller = next(iter(self.queues))
            queue = self.queues.pop(caller)
            turn = queue.popleft()
            self.waiting -= 1
            if queue:
                self.queues[caller] = queue
            if not turn.done():
                turn.set_result(None)
                return
        self.running -= 1
        if self.running == 0 and self.threads is not None:
            self.idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.threads.submit, give_back)
