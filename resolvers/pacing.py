"""How long work takes: a whole number of steps, so that its end tells nothing, or pieces that hold no lock for long."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

# How long a piece of long work takes, about: it holds locks meanwhile, for which others wait.
PIECE_SECONDS = 0.3


def now() -> float:
    """The event loop's time, in seconds."""
    return asyncio.get_running_loop().time()


async def wait_out(seconds: float, began: float, sleep: Callable[[float], Awaitable[None]] | None = None) -> None:
    """Waits until a whole number of so many seconds has passed since `began`, by `sleep` if it is given."""
    await (sleep or asyncio.sleep)(seconds - (now() - began) % seconds)


@asynccontextmanager
async def in_steps_of(seconds: float | None) -> AsyncIterator[None]:
    """The work within takes a whole number of so many seconds, if it succeeds; None does not extend it."""
    began = now()
    yield
    if seconds is not None:
        await wait_out(seconds, began)


@dataclass
class PieceSize:
    """How many rows or members the next piece of long work is: fewer on a slow or busy machine, and at most `most`."""

    most: int
    next: int = 0

    def __post_init__(self) -> None:
        self.next = self.least

    @property
    def least(self) -> int:
        """With which it begins. Smaller pieces take hardly less time."""
        return max(1, self.most // 10)

    @asynccontextmanager
    async def timed(self) -> AsyncIterator[int]:
        """The size of the piece that is done in the block, which decides the next one's: twice as many, at most."""
        began = now()
        yield self.next
        fitting = self.next * PIECE_SECONDS / max(now() - began, 0.001)
        self.next = round(max(self.least, min(fitting, 2 * self.next, self.most)))
