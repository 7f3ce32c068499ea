"""Lends turns fairly: to one caller after another, each of whom holds a share and has a budget."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from server.callers.paces import Pace

# What the turns of one caller may cost at once, and more each second. Beyond that, their turns wait, and nobody else's.
AT_ONCE = 20_000
A_SECOND = 2_000
HEAVY = 500  # turns that cost more take all but one at a time, so that others need not wait for any of them
CALLERS = 10_000


@dataclass(eq=False)
class Line:
    """One caller's places in the order in which they came, the turns that they hold, and their budget."""

    pace: Pace
    places: deque[tuple["asyncio.Future[None]", int]] = field(default_factory=deque)  # with their costs
    held: int = 0


class Turns:
    """At most `most` turns at a time, of which one caller has at most half."""

    def __init__(
        self, most: int, at_once: int = AT_ONCE, a_second: int = A_SECOND, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.most, self.most_of_one, self.most_heavy = most, max(1, most // 2), max(1, most - 1)
        self.at_once, self.a_second, self.clock = at_once, a_second, clock
        self.held = self.heavy = 0
        self.lines: dict[Hashable, Line] = {}  # the last used is the last
        self.waiting: dict[Hashable, Line] = {}  # those with places, in the order of their next turns
        self.timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def turn(self, caller: Hashable, cost: int) -> AsyncIterator[None]:
        """Waits for a turn of the caller's, and holds it within the block."""
        line = self.line(caller)
        place = asyncio.get_running_loop().create_future()
        line.places.append((place, cost))
        self.waiting.setdefault(caller, line)
        self.grant()
        try:
            await place
            yield
        finally:
            if place.done() and not place.cancelled():
                self.held -= 1
                self.heavy -= cost > HEAVY
                line.held -= 1
                if self.waiting.pop(caller, None):
                    self.waiting[caller] = line  # behind those who waited in the meantime
            self.grant()

    def line(self, caller: Hashable) -> Line:
        """The caller's line: one with a full budget if theirs was not used for long."""
        found = self.lines.pop(caller, None) or Line(Pace(self.at_once, self.a_second, self.clock))
        self.lines[caller] = found
        if len(self.lines) > CALLERS:
            oldest, line = next(iter(self.lines.items()))
            if not line.held and not line.places:
                del self.lines[oldest]
        return found

    def grant(self) -> None:
        """Gives the free turns to those who wait for them, one to each caller in turn."""
        while self.held < self.most and (found := self.next()) is not None:
            caller, line = found
            place, cost = line.places.popleft()
            del self.waiting[caller]
            if line.places:
                self.waiting[caller] = line
            self.held += 1
            self.heavy += cost > HEAVY
            line.held += 1
            line.pace.left -= cost
            place.set_result(None)

    def next(self) -> tuple[Hashable, Line] | None:
        """The first caller who may have a turn now. Looks again when a budget allows one, if that is all they lack."""
        soonest: float | None = None
        gone = []
        chosen = None
        for caller, line in self.waiting.items():
            while line.places and line.places[0][0].cancelled():
                line.places.popleft()
            if not line.places:
                gone.append(caller)
            elif line.held < self.most_of_one and (line.places[0][1] <= HEAVY or self.heavy < self.most_heavy):
                seconds = line.pace.wait()
                if seconds <= 0:
                    chosen = caller, line
                    break
                soonest = min(soonest or seconds, seconds)
        for caller in gone:
            del self.waiting[caller]
        if chosen is None and soonest is not None and self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(soonest + 0.001, self.look_again)
        return chosen

    def look_again(self) -> None:
        self.timer = None
        self.grant()
