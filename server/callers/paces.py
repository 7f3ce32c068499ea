"""How much of something may be done at once, and how much a second after that."""

import time
from collections.abc import Callable


class Pace:
    """A bucket of `at_once` that fills by `a_second`; what is taken beyond it is a debt, for which one has to wait."""

    __slots__ = ("a_second", "at_once", "clock", "counted_at", "left")

    def __init__(self, at_once: float, a_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.at_once, self.a_second, self.clock = at_once, a_second, clock
        self.left, self.counted_at = float(at_once), clock()  # what is left at that time; less than 0 is owed

    def refilled(self) -> float:
        """What is left now."""
        now = self.clock()
        self.left = min(self.at_once, self.left + (now - self.counted_at) * self.a_second)
        self.counted_at = now
        return self.left

    def take(self, number: float) -> None:
        self.refilled()
        self.left -= number

    def wait(self) -> float:
        """The seconds until nothing is owed; 0 or less if nothing is."""
        return -self.refilled() / self.a_second
