"""Does the work for documents that are new to the server in a thread beside the event loop, within a budget per caller.

Parsing, validating and planning a document takes about a millisecond for each selection, and may take a second.
"""

import asyncio
import math
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from server.callers.paces import Pace
from server.operations.errors import overloaded, too_much_planning

T = TypeVar("T")

MOST_WAITING = 400  # requests with new documents, of all callers
MOST_WAITING_OF_ONE = 100
CALLERS = 10_000
# Seconds after which a thread lets the others run. With Python's default of 5 ms, a request would wait 5 ms at each of
# its steps while a document is planned.
SWITCH_SECONDS = 0.0005


@dataclass
class Budget:
    """What a caller may still have planned, and how many of their requests wait for their turn."""

    pace: Pace
    waiting: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Planning:
    """Runs one piece of work at a time: one of each caller in turn, so that nobody waits for all work of another.

    Each caller has a token bucket of units: `burst` at once, and `rate` more each second. A unit is about the work of
    planning one selection. Work is charged when it is done, and refused while nothing is left.
    """

    def __init__(self, burst: int, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.burst, self.rate, self.clock = burst, rate, clock
        self.thread = ThreadPoolExecutor(1, "planning")
        self.turn = asyncio.Lock()
        self.waiting = 0
        self.budgets: dict[Hashable, Budget] = {}

    async def run(
        self, caller: Hashable, work: Callable[[], T], units: int, known: Callable[[], T | None] = lambda: None
    ) -> T:
        """The result of `work`, or of `known` if that has one when its turn comes: the same work may have been done.

        Raises RequestError if nothing is left of the caller's budget, or too many requests wait.
        """
        budget = self.budget(caller)
        if budget.waiting >= MOST_WAITING_OF_ONE or self.waiting >= MOST_WAITING:
            raise overloaded()
        self.waiting += 1
        budget.waiting += 1
        try:
            async with budget.turn, self.turn:
                found = known()
                if found is not None:
                    return found
                self.check(budget)
                try:
                    return await asyncio.get_running_loop().run_in_executor(self.thread, work)
                finally:  # charged even if nobody waits for the result any more
                    budget.pace.left -= units
        finally:
            self.waiting -= 1
            budget.waiting -= 1

    def charge(self, caller: Hashable, units: int) -> None:
        """Charges for work that is done elsewhere. Raises RequestError if nothing is left of the caller's budget."""
        budget = self.budget(caller)
        self.check(budget)
        budget.pace.left -= units

    def check(self, budget: Budget) -> None:
        """Refills a budget for the time that has passed. Raises RequestError if nothing is left of it."""
        if budget.pace.refilled() <= 0:
            raise too_much_planning(self.burst, self.rate, max(1, math.ceil(budget.pace.wait())))

    def budget(self, caller: Hashable) -> Budget:
        """The caller's budget: a full one if they have used none for so long that it would be full by now."""
        found = self.budgets.pop(caller, None) or Budget(Pace(self.burst, self.rate, self.clock))
        self.budgets[caller] = found  # the last used is the last
        if len(self.budgets) > CALLERS:
            oldest, budget = next(iter(self.budgets.items()))
            if not budget.waiting:
                del self.budgets[oldest]
        return found

    def close(self) -> None:
        """Lets the thread end after its current work."""
        self.thread.shutdown(wait=False, cancel_futures=True)
