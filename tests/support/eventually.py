"""Waits for what another task, process or thread does, of which nothing notifies.

All wait for a minute at most: far longer than a slow machine takes, so that the limit decides nothing but failures.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

PATIENCE_SECONDS = 60

Read = TypeVar("Read")


def eventually(holds: Callable[[], bool]) -> None:
    """Returns as soon as something holds. Raises AssertionError if it does not in time. It blocks the event loop."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


async def until(holds: Callable[[], object]) -> None:
    """Returns as soon as something holds. Raises AssertionError if it does not in time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)


async def becomes(read: Callable[[], Awaitable[Read]], holds: Callable[[Read], object] = bool) -> Read:
    """What is read, as soon as it holds: as soon as it is true, unless given. Raises AssertionError with the last."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds(found := await read()):
        assert time.monotonic() < end, f"it is still {found!r}"
        await asyncio.sleep(0.01)
    return found


def has_ended(pid: int) -> bool:
    """Whether a process has ended, also if its parent has not asked for its status yet."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    return True
