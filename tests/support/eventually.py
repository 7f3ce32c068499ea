"""Waits for what another process or thread does."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def eventually(holds: Callable[[], bool]) -> None:
    """Returns as soon as something holds. Raises AssertionError if it does not within a minute."""
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until, "it did not happen within a minute"
        time.sleep(0.02)


def has_ended(pid: int) -> bool:
    """Whether a process has ended, also if its parent has not asked for its status yet."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    return True
