"""Draws noise in a thread, and lets no error that may contain an exact count out."""

import asyncio
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

Arguments = TypeVarTuple("Arguments")
Drawn = TypeVar("Drawn")


class NoiseFailed(Exception):
    """The noise could not be drawn. The message is the class of the error, whose own message might hold counts."""


async def drawn(draw: Callable[[*Arguments], Drawn], *given: *Arguments) -> Drawn:
    """What `draw` returns for exact counts, which this thread is not blocked for. Raises NoiseFailed if it fails."""
    try:
        return await asyncio.to_thread(draw, *given)
    except Exception as error:
        failed = type(error).__name__
    raise NoiseFailed(failed)  # outside of the handler, so that the error is not its context
