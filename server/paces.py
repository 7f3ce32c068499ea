"""How much of something may be done at once, and how much a second after that."""

import time


class Pace:
    """A bucket of `at_once` that fills by `a_second`; what is taken beyond it is a debt, for which one has to wait."""

    __slots__ = ("a_second", "at_once", "counted_at", "left")

    def __init__(self, at_once: float, a_second: float) -> None:
        self.at_once, self.a_second = at_once, a_second
        self.left, self.counted_at = float(at_once), time.monotonic()

    def take(self, number: float) -> None:
        now = time.monotonic()
        self.left = min(self.at_once, self.left + (now - self.counted_at) * self.a_second) - number
        self.counted_at = now

    def wait(self) -> float:
        """The seconds until nothing is owed; 0 or less if nothing is."""
        return -self.left / self.a_second - (time.monotonic() - self.counted_at)
