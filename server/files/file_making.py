"""Makes files, and computed fields, in a thread beside the event loop: one at a time, of one caller after another."""

import asyncio
import json
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import orjson

from server.callers.tallies import Tally
from server.callers.turns import Turns
from server.operations.errors import overloaded, request_timed_out

T = TypeVar("T")

LOOP_BYTES = 16_000  # smaller answers are read and written on the loop, in a millisecond
MOST_WAITING = 30  # pieces of work of all callers: each holds an answer in memory
MOST_WAITING_OF_ONE = 5


class FileMaking:
    """The thread that makes files, and the work that waits for it: of one caller, and of all, up to a number."""

    def __init__(
        self, seconds: float, most: int = MOST_WAITING, most_of_one: int = MOST_WAITING_OF_ONE, name: str = "files"
    ) -> None:
        self.seconds = seconds  # for one piece of work, with its wait
        self.most, self.most_of_one = most, most_of_one
        self.thread = ThreadPoolExecutor(1, name)
        self.turns = Turns(1)
        self.waiting: Tally[Hashable] = Tally()  # by caller

    async def run(self, caller: Hashable, work: Callable[[], T], known: Callable[[], T | None] = lambda: None) -> T:
        """The result of `work`, or of `known` if that has one when its turn comes: the same work may have been done.

        Raises RequestError if too much waits, or the turn does not come in time.
        """
        if self.waiting[caller] >= self.most_of_one or self.waiting.total() >= self.most:
            raise overloaded()
        self.waiting[caller] += 1
        try:
            async with asyncio.timeout(self.seconds), self.turns.turn(caller, cost=0):
                found = known()
                if found is not None:
                    return found
                return await asyncio.get_running_loop().run_in_executor(self.thread, work)
        except TimeoutError:
            raise request_timed_out(self.seconds) from None
        finally:
            self.waiting.remove(caller)

    async def read(self, caller: Hashable, answer: bytes) -> Any:
        """An answer's JSON. Raises RequestError as `run`."""
        return orjson.loads(answer) if len(answer) <= LOOP_BYTES else await self.run(caller, partial(loaded, answer))

    def close(self) -> None:
        """Lets the thread end after its current work."""
        self.thread.shutdown(wait=False, cancel_futures=True)


def loaded(answer: bytes) -> Any:
    """An answer's JSON. Reading 5 MB takes a tenth of a second."""
    # Not orjson's, which lets no other thread run meanwhile: the standard library's does, at each call of the hook.
    return json.loads(answer, object_hook=lambda read: read)
