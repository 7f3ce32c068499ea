"""Bounds how long tasks wait in a queue, with one timer for all of them."""

import asyncio
from typing import Any, TypeVar

from server.operations.errors import overloaded

T = TypeVar("T")


class Patience:
    """Those who wait, each for at most `seconds`. Whoever came first is the first to give up.

    A timer for each of them takes longer than all else that a wait needs, and hardly any ever ends one.
    """

    __slots__ = ("ends", "seconds", "timer")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.ends: dict[asyncio.Future[Any], float] = {}  # by the loop's clock, the earliest first
        self.timer: asyncio.TimerHandle | None = None  # for the first of those who waited when it was set

    async def wait(self, place: "asyncio.Future[T]") -> T:
        """What `place` is given, which then has RequestError if that takes too long."""
        loop = place.get_loop()
        self.ends[place] = loop.time() + self.seconds
        if self.timer is None:
            self.timer = loop.call_later(self.seconds, self.sweep)
        try:
            return await place
        finally:
            del self.ends[place]

    def sweep(self) -> None:
        """Refuses those who have waited for too long."""
        self.timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        for place, end in self.ends.items():
            if end > now:
                self.timer = loop.call_at(end, self.sweep)
                return
            if not place.done():
                place.set_exception(overloaded())


def is_given(place: "asyncio.Future[Any]") -> bool:
    """Whether a place was given what it is for: whoever leaves it now has to pass that on."""
    return place.done() and not place.cancelled() and place.exception() is None
