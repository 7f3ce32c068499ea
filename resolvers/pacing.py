"""Lets work whose duration depends on exact counts take a whole number of steps, so that its end tells nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


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
